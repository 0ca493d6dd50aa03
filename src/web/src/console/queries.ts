import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { Connection, CreatedShare, CreateShareRequest, MachineUser, OpenedShare, Page, ProjectRole, Share } from "../api/types";

/** Links to a machine's screen that work now. */
export const sharesQuery = (machine: string) =>
  queryOptions({
    queryKey: keys.sharesOf(machine),
    queryFn: ({ signal }) => body(api.GET("/api/v1/machines/{machine}/shares", { params: { path: { machine }, query: { limit: 200 } }, signal })) as Promise<Page<Share>>,
  });

/** Whom a machine is shared with, by name. */
export const machineUsersQuery = (machine: string) =>
  queryOptions({
    queryKey: keys.usersOf(machine),
    queryFn: ({ signal }) => (body(api.GET("/api/v1/machines/{machine}/users", { params: { path: { machine } }, signal })) as Promise<Page<MachineUser>>).then((page) => page.items),
  });

/** Shares a machine with somebody, or changes what they may do. */
export function useShareMachine(machine: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ user, role }: { user: string; role: ProjectRole }) => api.PUT("/api/v1/machines/{machine}/users/{user}", { params: { path: { machine, user } }, body: { role } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.usersOf(machine) }),
  });
}

/** Shares a machine with somebody no more, who can be oneself. */
export function useUnshareMachine(machine: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (user: string) => api.DELETE("/api/v1/machines/{machine}/users/{user}", { params: { path: { machine, user } } }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.usersOf(machine) }), client.invalidateQueries({ queryKey: keys.machines })]),
  });
}

export function useCreateShare(machine: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: CreateShareRequest) => body(api.POST("/api/v1/machines/{machine}/shares", { params: { path: { machine } }, body: wish })) as Promise<CreatedShare>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sharesOf(machine) }),
  });
}

export function useEndShare(machine: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (share: string) => api.DELETE("/api/v1/machines/{machine}/shares/{share}", { params: { path: { machine, share } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sharesOf(machine) }),
  });
}

/** What a link leads to, with a ticket for one connection. */
export const openShare = (secret: string, name: string) => body(api.POST("/api/v1/shares/open", { body: { secret, ...(name ? { name } : {}) } })) as Promise<OpenedShare>;

/** Who is and was at a machine's consoles, newest first. */
export const connectionsOfQuery = (machine: string) =>
  pagesQuery<Connection>(keys.connectionsOf(machine), (after, signal) => body(api.GET("/api/v1/machines/{machine}/connections", { params: { path: { machine }, query: { ...(after ? { after } : {}) } }, signal })) as Promise<Page<Connection>>);
