import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema.gen";
import { ApiError, problemOf } from "./problem";

/** Every POST can be repeated safely: the server answers the same key with the same result. */
const idempotency: Middleware = {
  onRequest({ request }) {
    if (request.method === "POST") request.headers.set("Idempotency-Key", randomKey());
    return request;
  },
};

const refusals: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw new ApiError(await problemOf(response));
  },
};

/** The typed client; refusals are thrown as `ApiError`. */
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "", credentials: "same-origin" });
api.use(idempotency, refusals);

/** The body of an answer that was not refused. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** An answer, or null where there is no such thing. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 404) return null;
    throw error;
  }
}

// crypto.randomUUID is missing on plain http to another machine; getRandomValues is not.
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
