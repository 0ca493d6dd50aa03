import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import type { HostMachine, Network, NetworkKind, Operation, Page, Storage } from "../api/types";

/** What is asked of the host itself: it takes as long as the host takes, and fails when it does not answer. */
const asked = { staleTime: 15_000, retry: false } as const;

export const hostMachinesQuery = (name: string) =>
  queryOptions({
    ...asked,
    queryKey: keys.onHost(name, "machines"),
    queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/hosts/{name}/machines", { params: { path: { name } }, signal }))) as Page<HostMachine>).items,
  });

export const networksQuery = (name: string) =>
  queryOptions({
    ...asked,
    queryKey: keys.onHost(name, "networks"),
    queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/hosts/{name}/networks", { params: { path: { name } }, signal }))) as Page<Network>).items,
  });

export const storageQuery = (name: string) =>
  queryOptions({
    ...asked,
    queryKey: keys.onHost(name, "storage"),
    queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/hosts/{name}/storage", { params: { path: { name } }, signal }))) as Page<Storage>).items,
  });

/** A change on a host, after which that part of it is read again. */
function useChangeOn<T, R = unknown>(host: string, part: "machines" | "networks" | "storage", perform: (wish: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: perform,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.hosts });
      return client.invalidateQueries({ queryKey: keys.onHost(host, part) });
    },
  });
}

export function useCreateNetwork(name: string) {
  return useChangeOn(name, "networks", (wish: { name: string; kind: NetworkKind; range?: string; bridge?: string }) => api.POST("/api/v1/hosts/{name}/networks", { params: { path: { name } }, body: wish }));
}

export function useDeleteNetwork(name: string) {
  return useChangeOn(name, "networks", (network: string) => api.DELETE("/api/v1/hosts/{name}/networks/{network}", { params: { path: { name, network } } }));
}

export function useCreateStorage(name: string) {
  return useChangeOn(name, "storage", (wish: { name: string; path: string }) => api.POST("/api/v1/hosts/{name}/storage", { params: { path: { name } }, body: wish }));
}

export function useDeleteStorage(name: string) {
  return useChangeOn(name, "storage", (storage: string) => api.DELETE("/api/v1/hosts/{name}/storage/{storage}", { params: { path: { name, storage } } }));
}

/** Takes a foreign machine into Warren's care. */
export function useAdopt(host: string) {
  return useChangeOn(
    host,
    "machines",
    ({ nativeName, name }: { nativeName: string; name: string }) =>
      body(api.POST("/api/v1/hosts/{name}/machines/{nativeName}/adopt", { params: { path: { name: host, nativeName } }, body: name ? { name } : {} })) as Promise<Operation>,
  );
}
