import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { Page, SshKey } from "../api/types";

export const sshKeysQuery = pagesQuery<SshKey>(keys.sshKeys, (after, signal) =>
  body(api.GET("/api/v1/keys", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<SshKey>>,
);

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: { name: string; algorithm?: "ed25519" | "rsa4096"; publicKey?: string }) => body(api.POST("/api/v1/keys", { body: request })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sshKeys }),
  });
}

export function useDeleteKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/keys/{key}", { params: { path: { key: id } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sshKeys }),
  });
}
