import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { everyPage } from "../api/pages";
import type { EditSnapshotRequest, Machine, Operation, Page, Snapshot, TakeSnapshotRequest } from "../api/types";

/** All snapshots of a machine, oldest first: a tree cannot be drawn by halves. */
export const snapshotsQuery = (machine: string) =>
  queryOptions({
    queryKey: keys.snapshotsOf(machine),
    queryFn: ({ signal }) =>
      everyPage((after) => body(api.GET("/api/v1/machines/{machine}/snapshots", { params: { path: { machine }, query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Snapshot>>),
  });

/** A change that was accepted: the tree and the machine are read again; how far it is arrives by the event stream. */
function useSnapshotChange<T, R>(machine: Machine, perform: (wish: T) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: perform,
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.snapshotsOf(machine.id) }), client.invalidateQueries({ queryKey: keys.machine(machine.name) })]),
  });
}

export function useTakeSnapshot(machine: Machine) {
  return useSnapshotChange(machine, (wish: TakeSnapshotRequest) => body(api.POST("/api/v1/machines/{machine}/snapshots", { params: { path: { machine: machine.id } }, body: wish })) as Promise<Operation>);
}

export function useEditSnapshot(machine: Machine, snapshot: Snapshot) {
  return useSnapshotChange(machine, (wish: EditSnapshotRequest) => body(api.PATCH("/api/v1/machines/{machine}/snapshots/{snapshot}", { params: { path: { machine: machine.id, snapshot: snapshot.id } }, body: wish })) as Promise<Snapshot>);
}

export function useRestoreSnapshot(machine: Machine) {
  return useSnapshotChange(machine, (snapshot: string) => body(api.POST("/api/v1/machines/{machine}/snapshots/{snapshot}/restore", { params: { path: { machine: machine.id, snapshot } } })) as Promise<Operation>);
}

export function useDeleteSnapshot(machine: Machine) {
  return useSnapshotChange(machine, (snapshot: string) => body(api.DELETE("/api/v1/machines/{machine}/snapshots/{snapshot}", { params: { path: { machine: machine.id, snapshot } } })) as Promise<Operation>);
}
