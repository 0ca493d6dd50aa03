import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import type { Host, Page } from "../api/types";
import { toast, toastError } from "../layout/toasts";

/** All hosts. Their free capacity is not told by events, so it is read again while somebody looks. */
export const hostsQuery = queryOptions({
  queryKey: keys.hosts,
  queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/hosts", { signal }))) as Page<Host>).items,
  refetchInterval: 15_000,
});

export function useProbe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => body(api.POST("/api/v1/hosts/{name}/probe", { params: { path: { name } } })) as Promise<Host>,
    onSuccess: async (host) => {
      await client.invalidateQueries({ queryKey: keys.hosts });
      toast({ tone: host.usable ? "good" : "bad", title: host.usable ? `${host.name} is usable` : `${host.name} is not usable`, ...(host.acceleratorReason ? { detail: host.acceleratorReason } : {}) });
    },
    onError: toastError,
  });
}
