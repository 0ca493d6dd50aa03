import type { Host, HostState } from "../api/types";

/** Words for a host's state, as they are shown. */
const words: Record<HostState, string> = { pending: "Being probed", online: "Online", degraded: "Degraded", refused: "Refused", unreachable: "Unreachable" };

/** What a state means, as a sentence. */
const meanings: Record<HostState, string> = {
  pending: "It is being probed for the first time",
  online: "It answers and can be used",
  degraded: "It answers, but something there keeps it from being used",
  refused: "It answers, and refuses what it is told or who asks",
  unreachable: "It does not answer",
};

export function word(state: HostState): string {
  return words[state];
}

export function meaning(state: HostState): string {
  return meanings[state];
}

/** What runs the guests, in short: KVM, or that they are emulated. */
export function acceleration(host: Host): string {
  if (!host.accelerator) return "Not known yet";
  return host.accelerator === "tcg" ? "None: emulated (TCG)" : host.accelerator === "none" ? "None" : host.accelerator.toUpperCase();
}

/** Whether guests are run by the processor itself. */
export function isAccelerated(host: Host): boolean {
  return !!host.accelerator && host.accelerator !== "tcg" && host.accelerator !== "none";
}

export function freeMemoryMiB(host: Host): number {
  return Math.max(0, host.memoryMiB - host.memoryUsedMiB);
}
