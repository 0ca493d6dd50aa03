import type { Machine, MachineState, Rung } from "../api/types";

/** Rungs of the readiness ladder as they are shown, from the bottom. */
export const ladder: readonly { rung: Rung; label: string; means: string }[] = [
  { rung: "process", label: "Process", means: "The virtual machine's process runs" },
  { rung: "firmware", label: "Firmware", means: "The firmware reads its boot medium" },
  { rung: "agent", label: "Agent", means: "The agent in the guest answers" },
  { rung: "ssh", label: "SSH", means: "The guest's SSH server greets" },
  { rung: "remote-desktop", label: "Desktop", means: "The guest's remote desktop answers" },
  { rung: "cloud-init", label: "Configured", means: "cloud-init has finished" },
];

/** The tone a state is shown in. */
export function toneOf(state: MachineState): "good" | "busy" | "off" | "calm" | "bad" | "unknown" {
  switch (state) {
    case "running":
      return "good";
    case "creating":
    case "starting":
    case "stopping":
    case "deleting":
      return "busy";
    case "paused":
    case "suspended":
      return "calm";
    case "failed":
      return "bad";
    case "unknown":
      return "unknown";
    case "stopped":
      return "off";
  }
}

/** What a machine is called in addresses and commands: one that is shared with you may have the name of one of yours. */
export const addressOf = (machine: Machine): string => (machine.shared ? machine.id : machine.name);

/** Whether a machine may be used, and not only looked at, as far as its being shared says. */
export const mayUse = (machine: Machine): boolean => machine.shared?.role !== "viewer";

/** What may be asked of a machine in its state; the server has the last word. */
export function allowed(machine: Machine): { start: boolean; stop: boolean; restart: boolean; resize: boolean; remove: boolean; screen: boolean; pause: boolean; resume: boolean; suspend: boolean; migrate: boolean; clone: boolean; fork: boolean; snapshot: boolean; restore: boolean; forgetSnapshot: boolean } {
  const { state } = machine;
  const idle = !machine.operation;
  return {
    start: idle && (state === "stopped" || state === "failed" || state === "suspended"),
    // Stopping a suspended machine throws its memory away.
    stop: idle && (state === "running" || state === "paused" || state === "suspended" || state === "unknown"),
    restart: idle && (state === "running" || state === "paused" || state === "unknown"),
    resize: idle && state === "stopped",
    remove: state !== "deleting",
    pause: idle && state === "running",
    resume: idle && state === "paused",
    suspend: idle && (state === "running" || state === "paused"),
    migrate: idle && state === "running",
    clone: idle && state === "stopped",
    fork: idle && state === "running",
    snapshot: idle && (state === "running" || state === "paused" || state === "stopped"),
    restore: idle && (state === "running" || state === "paused" || state === "stopped" || state === "failed" || state === "unknown"),
    forgetSnapshot: idle,
    // While it starts there may be no process yet; while it stops its screen tells how far it is.
    screen: state === "running" || state === "paused" || ((state === "starting" || state === "stopping") && !!machine.processId),
  };
}

/** What pulling the plug is called: of a suspended machine it takes more than the power. */
export function switchOffLabel(state: MachineState): string {
  return state === "suspended" ? "Switch off and lose its memory" : "Switch off at once";
}

/** The command that logs into a machine, once its address is known. */
export function sshCommand(machine: Machine): string | undefined {
  if (!machine.ssh) return undefined;
  const { host, port, user } = machine.ssh;
  return port === 22 ? `ssh ${user}@${host}` : `ssh -p ${port} ${user}@${host}`;
}
