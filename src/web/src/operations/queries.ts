import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { Operation, Page } from "../api/types";
import { toastError } from "../layout/toasts";

export const operationsQuery = pagesQuery<Operation>(keys.operations, (after, signal) =>
  body(api.GET("/api/v1/operations", { params: { query: { limit: 50, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Operation>>,
);

export const operationsOfQuery = (subject: string) =>
  pagesQuery<Operation>(keys.operationsOf(subject), (after, signal) =>
    body(api.GET("/api/v1/operations", { params: { query: { limit: 20, subject, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Operation>>,
  );

const operationQuery = (id: string) =>
  queryOptions({ queryKey: keys.operation(id), queryFn: ({ signal }) => body(api.GET("/api/v1/operations/{id}", { params: { path: { id } }, signal })) as Promise<Operation> });

/** One operation, kept up to date by the event stream. */
export function useOperation(id: string | null | undefined): Operation | undefined {
  return useQuery({ ...operationQuery(id ?? ""), enabled: !!id }).data;
}

export function useCancel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => body(api.POST("/api/v1/operations/{id}/cancel", { params: { path: { id } } })),
    onSuccess: (_, id) => client.invalidateQueries({ queryKey: keys.operation(id) }),
    onError: toastError,
  });
}
