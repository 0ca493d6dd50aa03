import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "./session";

/** Whether they manage hosts and users. The server checks again. */
export function useIsAdministrator(): boolean {
  const role = useQuery(sessionQuery).data?.role;
  return role === "owner" || role === "administrator";
}
