import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, putHost } from "../api/cache";
import { api, body } from "../api/client";
import { everyPage } from "../api/pages";
import type { components } from "../api/schema.gen";
import type { AddHostRequest, EditHostRequest, Host, Hypervisor, Page } from "../api/types";
import { toast, toastError } from "../layout/toasts";
import { word } from "./state";

type Schemas = components["schemas"];

/** All hosts. Their free capacity is not told by events, so it is read again while somebody looks. */
export const hostsQuery = queryOptions({
  queryKey: keys.hosts,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/hosts", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Host>>),
  refetchInterval: 15_000,
});

/** One of them; null when there is none of that name. */
export const hostQuery = (name: string) => ({ ...hostsQuery, select: (hosts: Host[]) => hosts.find((host) => host.name === name) ?? null });

/** Kinds of hypervisors; they change with the server's version only. */
export const hypervisorsQuery = queryOptions({
  queryKey: keys.hypervisors,
  queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/hypervisors", { signal }))) as Page<Hypervisor>).items,
  staleTime: 600_000,
});

/** A kind by its word, once kinds have been read. */
export function useKind(name: string | undefined): Hypervisor | undefined {
  return useQuery({ ...hypervisorsQuery, select: (kinds) => kinds.find((kind) => kind.name === name) }).data;
}

function useHostChange<T>(perform: (wish: T) => Promise<Host>, then?: (host: Host) => void, onError?: (error: unknown) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: perform,
    onSuccess: (host) => {
      putHost(client, host);
      then?.(host);
    },
    ...(onError ? { onError } : {}),
  });
}

export function useProbe() {
  return useHostChange(
    (name: string) => body(api.POST("/api/v1/hosts/{name}/probe", { params: { path: { name } } })) as Promise<Host>,
    ({ name, status }) => toast({ tone: status.state === "online" || status.state === "pending" ? "good" : "bad", title: `${name}: ${word(status.state)}`, ...(status.reason ? { detail: status.reason } : {}) }),
    toastError,
  );
}

export function useDrain() {
  return useHostChange(({ name, on }: { name: string; on: boolean }) => {
    const params = { path: { name } };
    return body(on ? api.POST("/api/v1/hosts/{name}/drain", { params }) : api.POST("/api/v1/hosts/{name}/undrain", { params })) as Promise<Host>;
  }, undefined, toastError);
}

/** Adds a host. Whether it answers is told later, by its status. */
export function useAddHost() {
  return useHostChange((request: AddHostRequest) => body(api.POST("/api/v1/hosts", { body: request })) as Promise<Host>);
}

export function useEditHost(name: string) {
  return useHostChange((request: EditHostRequest) => body(api.PATCH("/api/v1/hosts/{name}", { params: { path: { name } }, body: request as Schemas["EditHostRequest"] })) as Promise<Host>);
}

export function useRemoveHost() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => api.DELETE("/api/v1/hosts/{name}", { params: { path: { name } } }),
    onSuccess: (_, name) => client.setQueryData<Host[]>(keys.hosts, (hosts) => hosts?.filter((host) => host.name !== name)),
  });
}
