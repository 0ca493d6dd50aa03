import type { Machine, Snapshot } from "../api/types";

/** What a restore takes away and what it leaves, in sentences: people must know before they say yes. */
export function losses(machine: Machine, snapshot: Snapshot, all: readonly Snapshot[]): { lost: string; then: string } {
  const stands = all.find(({ current }) => current);
  const on = machine.state === "running" || machine.state === "paused";
  const what = on ? "on its disks and in its memory" : "on its disks";
  const since = stands ? `What ${machine.name} has changed ${what} since ${stands.name} was taken` : `What ${machine.name} holds now ${what}`;
  return {
    lost: `${since} is in no snapshot and will be lost.`,
    then: snapshot.memory ? `Then it runs on from the moment in which ${snapshot.name} was taken.` : on ? "It is switched off at once and stays off until you start it." : "It stays off until you start it.",
  };
}
