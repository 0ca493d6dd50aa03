import { keepPreviousData, useMutation } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { AuditEntry, AuditVerification, Page } from "../api/types";
import { queryOf, type Filter } from "./filter";

/** Entries, newest first. Nobody is told of new ones, so the newest page is asked for again while it is all that is read. */
export const auditQuery = (filter: Filter) => ({
  ...pagesQuery<AuditEntry>([...keys.audit, filter], (after, signal) =>
    body(api.GET("/api/v1/audit", { params: { query: { limit: 50, ...queryOf(filter, Date.now()), ...(after ? { after } : {}) } }, signal })) as Promise<Page<AuditEntry>>,
  ),
  placeholderData: keepPreviousData,
  refetchInterval: (query: { state: { data?: { pages: readonly unknown[] } | undefined } }) => ((query.state.data?.pages.length ?? 0) > 1 ? (false as const) : 5000),
});

/** Has the server walk through the whole chain. */
export function useVerify() {
  return useMutation({ mutationFn: () => body(api.GET("/api/v1/audit/verify")) as Promise<AuditVerification> });
}
