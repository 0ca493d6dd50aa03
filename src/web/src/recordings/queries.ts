import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys, putMachine } from "../api/cache";
import { api, body, orNull } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { Machine, Page, Recording } from "../api/types";
import { toastError } from "../layout/toasts";

/** Recordings of a machine, newest first. How long one is that goes on is told by no event. */
export const recordingsQuery = (machine: string) => ({
  ...pagesQuery<Recording>(keys.recordingsOf(machine), (after, signal) =>
    body(api.GET("/api/v1/recordings", { params: { query: { machine, limit: 50, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Recording>>,
  ),
  refetchInterval: 10_000,
});

/** One recording with its gaps; null when there is none. */
export const recordingQuery = (id: string) =>
  queryOptions({
    queryKey: keys.recording(id),
    queryFn: ({ signal }) => orNull(body(api.GET("/api/v1/recordings/{recording}", { params: { path: { recording: id } }, signal })) as Promise<Recording>),
    refetchInterval: (query) => (query.state.data?.state === "recording" ? 10_000 : false),
  });

export function useDeleteRecording() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (recording: Recording) => body(api.DELETE("/api/v1/recordings/{recording}", { params: { path: { recording: recording.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.recordings }),
  });
}

/** Switches recording of a machine's screen on or off. */
export function useRecord(machine: Machine) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (recordScreen: boolean) => body(api.PATCH("/api/v1/machines/{machine}", { params: { path: { machine: machine.id } }, body: { recordScreen } })) as Promise<Machine>,
    onSuccess: (changed) => putMachine(client, changed),
    onError: toastError,
  });
}
