import type { LifeAction, Machine } from "../api/types";
import { ago, duration } from "../layout/format";

/** What happens to a machine by itself, as what is done to it. */
const done: Record<LifeAction, string> = { delete: "deleted with its disks", stop: "stopped", suspend: "suspended to disk" };

/** What will happen to a machine by itself before long, and why; undefined while nothing is near. */
export function warningWords(machine: Pick<Machine, "warning" | "idle" | "lease">, now: number): { title: string; detail: string } | undefined {
  const { warning, idle, lease } = machine;
  if (!warning) return undefined;
  const why =
    warning.cause === "idle"
      ? `Nobody has used it for nearly ${duration((idle?.afterSeconds ?? 0) * 1000)}: no console is open, nobody is connected, and its guest is at rest.`
      : warning.cause === "unwatched"
        ? "The last who was at its consoles has left. It lives on when somebody comes."
        : lease
        ? "Its lease ends then. Renew it to keep the machine."
        : "Its time to live is over then.";
  return { title: `It will be ${done[warning.action]} ${ago(warning.at, now)}`, detail: why };
}

/** The name of the fact that tells when its time is over. */
export function expiryName(action: LifeAction = "delete"): string {
  const [first = ""] = done[action].split(" ");
  return `${first.charAt(0).toUpperCase()}${first.slice(1)} by itself`;
}

/** An idle policy in a few words. */
export function idleWords({ afterSeconds, action }: NonNullable<Machine["idle"]>): string {
  return `${done[action]} after ${duration(afterSeconds * 1000)}`;
}
