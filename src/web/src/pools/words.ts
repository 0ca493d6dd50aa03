import type { Pool } from "../api/types";
import { duration } from "../layout/format";

/** What a pool's machines are made from, as people call it. */
export function madeFrom({ machine }: Pool): string {
  return machine.goldenImage ?? machine.image ?? machine.template ?? "nothing";
}

/** Milliseconds as they are measured here: 0 ms, 12 ms, 1.2 s, 3 min. */
export function wait(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "–";
  return milliseconds < 1000 ? `${milliseconds} ms` : duration(milliseconds);
}

/** A part of the whole in per cent; neither 0 nor 100 unless it is exactly that. */
export function percent(part: number | undefined): string {
  if (part === undefined) return "–";
  return `${part > 0 && part < 1 ? Math.min(99, Math.max(1, Math.round(part * 100))) : part * 100} %`;
}

/** Machines that it could still launch. */
export function room({ max, spares, filling, lent, leaving }: Pool): number {
  return Math.max(0, max - spares - filling - lent - leaving);
}

/** Minutes as they are typed, in seconds; undefined when nothing is typed, NaN when it is no number. */
export function seconds(minutes: string): number | undefined {
  return minutes.trim() === "" ? undefined : Math.round(Number(minutes.replace(",", ".")) * 60);
}
