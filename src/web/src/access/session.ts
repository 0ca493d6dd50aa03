import { queryOptions } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";

/** Who is asking; refused with 401 when nobody is logged in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: ({ signal }) => body(api.GET("/api/v1/session", { signal })),
  staleTime: 60_000,
});

/** Takes the one-time secret out of the address, so that it stays neither on screen nor in the history. */
export function takeSecret(): string | undefined {
  const secret = location.hash.slice(1);
  if (!secret) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return decodeURIComponent(secret);
}

export async function logIn(secret: string): Promise<void> {
  await api.POST("/api/v1/session", { body: { secret } });
}

/** Ends the session here and at the server, and forgets all that was read. */
export async function logOut(): Promise<void> {
  await api.DELETE("/api/v1/session").catch(() => undefined);
  location.assign("/login");
}
