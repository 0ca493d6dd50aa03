import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import type { Quotas, QuotaStanding } from "../api/types";

/** A user or a project, by name. */
export type Whose = { of: "user" | "project"; name: string };

export const standingQuery = ({ of, name }: Whose) =>
  queryOptions({
    queryKey: keys.limitsOf(of, name),
    queryFn: ({ signal }) =>
      (of === "user"
        ? body(api.GET("/api/v1/users/{user}/limits", { params: { path: { user: name } }, signal }))
        : body(api.GET("/api/v1/projects/{project}/limits", { params: { path: { project: name } }, signal }))) as Promise<QuotaStanding>,
  });

export function useSetLimits({ of, name }: Whose) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (quotas: Quotas) =>
      of === "user"
        ? body(api.PUT("/api/v1/users/{user}/limits", { params: { path: { user: name } }, body: quotas }))
        : body(api.PUT("/api/v1/projects/{project}/limits", { params: { path: { project: name } }, body: quotas })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.limits }),
  });
}
