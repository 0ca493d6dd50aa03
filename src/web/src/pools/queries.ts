import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys, putLease, putPool } from "../api/cache";
import { api, body } from "../api/client";
import { everyPage, pagesQuery } from "../api/pages";
import type { ClaimRequest, CreatePoolRequest, Lease, Operation, Page, Pool, ResizePoolRequest } from "../api/types";
import { toastError } from "../layout/toasts";

/** All pools. Who waits, and how old the spares are, is told by no event, so it is read again while somebody looks. */
export const poolsQuery = queryOptions({
  queryKey: keys.pools,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/pools", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Pool>>),
  refetchInterval: 10_000,
});

/** One of them; null when there is none of that name. */
export const poolQuery = (name: string) => ({ ...poolsQuery, select: (pools: Pool[]) => pools.find((pool) => pool.name === name) ?? null });

/** Leases of a pool, newest first: those that live, or those that have ended. */
export const leasesQuery = (pool: string, ended: boolean) =>
  pagesQuery<Lease>(keys.leases(pool, ended), (after, signal) =>
    body(api.GET("/api/v1/pools/{pool}/claims", { params: { path: { pool }, query: { ended, limit: 100, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Lease>>,
  );

function usePoolChange<T>(perform: (wish: T) => Promise<Pool>, onError?: (error: Error) => void) {
  const client = useQueryClient();
  return useMutation({ mutationFn: perform, onSuccess: (pool) => putPool(client, pool), ...(onError ? { onError } : {}) });
}

export function useCreatePool() {
  return usePoolChange((wish: CreatePoolRequest) => body(api.POST("/api/v1/pools", { body: wish })) as Promise<Pool>);
}

export function useResizePool(pool: Pool) {
  return usePoolChange((wish: ResizePoolRequest) => body(api.PATCH("/api/v1/pools/{pool}", { params: { path: { pool: pool.id } }, body: wish })) as Promise<Pool>);
}

/** Drains a pool, or lets it lend and fill again. */
export function useDrainPool(pool: Pool) {
  const params = { path: { pool: pool.id } };
  return usePoolChange((on: boolean) => body(on ? api.POST("/api/v1/pools/{pool}/drain", { params }) : api.POST("/api/v1/pools/{pool}/resume", { params })) as Promise<Pool>, toastError);
}

export function useDeletePool(pool: Pool) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (force: boolean) => api.DELETE("/api/v1/pools/{pool}", { params: { path: { pool: pool.id }, query: { force } } }),
    onSuccess: () => client.setQueryData<Pool[]>(keys.pools, (pools) => pools?.filter(({ id }) => id !== pool.id)),
  });
}

/** Takes a spare, or waits in line for one. */
export function useClaim(pool: Pool) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ wait, ...wish }: ClaimRequest & { wait: number }) => body(api.POST("/api/v1/pools/{pool}/claims", { params: { path: { pool: pool.id }, query: { wait } }, body: wish })) as Promise<Lease>,
    onSuccess: (lease) => putLease(client, lease),
  });
}

export function useRenew(lease: Lease) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ttlSeconds: number) => body(api.PATCH("/api/v1/claims/{claim}", { params: { path: { claim: lease.id } }, body: { ttlSeconds } })) as Promise<Lease>,
    onSuccess: (renewed) => putLease(client, renewed),
  });
}

/** Gives a machine back; that the lease has ended arrives by the event stream. */
export function useRelease(lease: Lease) {
  return useMutation({ mutationFn: () => body(api.DELETE("/api/v1/claims/{claim}", { params: { path: { claim: lease.id } } })) as Promise<Operation> });
}
