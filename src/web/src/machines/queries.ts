import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body, orNull } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { LaunchRequest, Limits, Machine, MachineState, Operation, Page } from "../api/types";
import { toastError } from "../layout/toasts";
import { addressOf } from "./state";

/** What the server narrows the list by. */
export type MachineFilter = { name?: string; state?: MachineState };

/** All machines, or those that a filter lets through. */
export const machinesQuery = (filter: MachineFilter = {}) =>
  pagesQuery<Machine>(Object.keys(filter).length > 0 ? [...keys.machines, filter] : keys.machines, (after, signal) =>
    body(api.GET("/api/v1/machines", { params: { query: { limit: 100, ...filter, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Machine>>,
  );

/** One machine; null when there is none of that name. */
export const machineQuery = (name: string) =>
  queryOptions({
    queryKey: keys.machine(name),
    queryFn: ({ signal }) => orNull(body(api.GET("/api/v1/machines/{machine}", { params: { path: { machine: name } }, signal })) as Promise<Machine>),
  });

export const limitsQuery = queryOptions({
  queryKey: keys.limits,
  queryFn: ({ signal }) => body(api.GET("/api/v1/limits", { signal })) as Promise<Limits>,
  staleTime: 300_000,
});

export type MachineVerb = "start" | "stop" | "restart" | "kill" | "pause" | "resume" | "suspend" | "delete";

function perform(verb: MachineVerb, machine: string): Promise<Operation> {
  const params = { path: { machine } };
  switch (verb) {
    case "start":
      return body(api.POST("/api/v1/machines/{machine}/start", { params })) as Promise<Operation>;
    case "stop":
      return body(api.POST("/api/v1/machines/{machine}/stop", { params, body: {} })) as Promise<Operation>;
    case "kill":
      return body(api.POST("/api/v1/machines/{machine}/stop", { params, body: { force: true } })) as Promise<Operation>;
    case "restart":
      return body(api.POST("/api/v1/machines/{machine}/restart", { params, body: {} })) as Promise<Operation>;
    case "pause":
      return body(api.POST("/api/v1/machines/{machine}/pause", { params })) as Promise<Operation>;
    case "resume":
      return body(api.POST("/api/v1/machines/{machine}/resume", { params })) as Promise<Operation>;
    case "suspend":
      return body(api.POST("/api/v1/machines/{machine}/suspend", { params })) as Promise<Operation>;
    case "delete":
      return body(api.DELETE("/api/v1/machines/{machine}", { params })) as Promise<Operation>;
  }
}

/** Starts, stops, restarts or deletes a machine; what comes of it arrives by the event stream. */
export function useMachineAction(machine: Machine) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: MachineVerb) => perform(verb, machine.id),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.machine(addressOf(machine)) }),
    // Deleting asks in a dialog, which shows the refusal itself.
    onError: (error, verb) => verb !== "delete" && toastError(error),
  });
}

export function useLaunch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: LaunchRequest) => body(api.POST("/api/v1/machines", { body: request })) as Promise<Operation>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.machines }),
  });
}

export function useResize(machine: Machine) {
  return useMutation({
    mutationFn: (wish: { memoryMiB?: number; cpus?: number; diskGiB?: number }) =>
      body(api.PATCH("/api/v1/machines/{machine}", { params: { path: { machine: machine.id } }, body: wish })) as Promise<Operation>,
  });
}

/** Moves a running machine to another host; how far it is arrives by the event stream. */
export function useMigrate(machine: Machine) {
  return useMutation({
    mutationFn: (host: string) => body(api.POST("/api/v1/machines/{machine}/migrate", { params: { path: { machine: machine.id } }, body: { host } })) as Promise<Operation>,
  });
}

export function useClone(machine: Machine) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: { name?: string; start: boolean; full: boolean }) => body(api.POST("/api/v1/machines/{machine}/clone", { params: { path: { machine: machine.id } }, body: wish })) as Promise<Operation>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.machines }),
  });
}

/** Puts off what would happen to a machine by itself. */
export function useKeep(machine: Machine) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => body(api.POST("/api/v1/machines/{machine}/keep", { params: { path: { machine: machine.id } }, body: {} })) as Promise<Machine>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.machine(addressOf(machine)) }),
    onError: toastError,
  });
}

export function useAutostart(machine: Machine) {
  return useMutation({
    mutationFn: (on: boolean) => body(api.POST("/api/v1/machines/{machine}/autostart", { params: { path: { machine: machine.id } }, body: { on } })) as Promise<Operation>,
    onError: toastError,
  });
}
