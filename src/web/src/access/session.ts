import { queryOptions } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { ApiError } from "../api/problem";

/** Who is asking; refused with 401 when nobody is logged in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: ({ signal }) => body(api.GET("/api/v1/session", { signal })),
  staleTime: 60_000,
});

/** Who may get in, and by what. */
export const doorQuery = queryOptions({ queryKey: ["sign-up"], queryFn: ({ signal }) => body(api.GET("/api/v1/sign-up", { signal })) });

/** Takes the one-time secret out of the address, so that it stays neither on screen nor in the history. */
export function takeSecret(): string | undefined {
  const secret = location.hash.slice(1);
  if (!secret) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return decodeURIComponent(secret);
}

/** Logs in, or answers with the challenge that a code of the second factor is to be sent with. */
export async function logIn(by: { secret: string } | { name: string; password: string }): Promise<string | undefined> {
  try {
    await api.POST("/api/v1/session", { body: by });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.kind === "second-factor-required" && error.problem.challenge) return error.problem.challenge;
    throw error;
  }
}

export async function sendCode(challenge: string, code: string): Promise<void> {
  await api.POST("/api/v1/session/second-factor", { body: { challenge, code } });
}

export async function signUp(account: { name: string; password: string; email?: string; invitation?: string }): Promise<void> {
  await api.POST("/api/v1/sign-up", { body: account });
}

/** Ends the session here and at the server, and forgets all that was read. */
export async function logOut(): Promise<void> {
  await api.DELETE("/api/v1/session").catch(() => undefined);
  location.assign("/login");
}

/** Lets this browser act in another project; everything is read anew. */
export async function switchProject(project: string): Promise<void> {
  await api.PATCH("/api/v1/session", { body: { project } });
  location.assign("/");
}
