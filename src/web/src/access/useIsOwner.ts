import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "./session";

/** Whether the server itself is theirs: its hosts and what is on them. The server checks again. */
export function useIsOwner(): boolean {
  return useQuery(sessionQuery).data?.role === "owner";
}
