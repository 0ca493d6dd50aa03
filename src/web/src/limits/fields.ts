import type { QuotaStanding, QuotaUse, Quotas } from "../api/types";
import { bytes, memory } from "../layout/format";

export type LimitField = Exclude<keyof QuotaUse, symbol>;

/** The things that are limited, in the order in which they are shown, each with the unit that people give it in. */
export const limitFields: readonly { field: LimitField; label: string; unit: string; perUnit: number; write: (value: number) => string }[] = [
  { field: "machines", label: "Machines", unit: "", perUnit: 1, write: String },
  { field: "runningMachines", label: "Running machines", unit: "", perUnit: 1, write: String },
  { field: "cpus", label: "CPUs", unit: "", perUnit: 1, write: String },
  { field: "memoryMiB", label: "Memory", unit: "GiB", perUnit: 1024, write: memory },
  { field: "diskGiB", label: "Disks", unit: "GiB", perUnit: 1, write: (value) => bytes(value * 2 ** 30) },
  { field: "snapshots", label: "Snapshots", unit: "", perUnit: 1, write: String },
  { field: "imageBytes", label: "Images", unit: "GiB", perUnit: 2 ** 30, write: bytes },
];

/** What is set for one thing: the server's default, no limit, or so many of its unit, as it was typed; and what is written so, which is rounded. */
export type Setting = { kind: "default" | "none" | "most"; text: string; written?: { text: string; exact: number } };

export type LimitsForm = { settings: Record<LimitField, Setting>; oneRunningMachine: "default" | "yes" | "no" };

export function formOf({ set, limits }: QuotaStanding): LimitsForm {
  const settings = limitFields.map(({ field, perUnit }) => {
    const there = set[field];
    const text = (value: number | undefined) => (value === undefined ? "" : String(Math.round((value / perUnit) * 100) / 100));
    return [field, there === undefined ? { kind: "default", text: text(limits[field]) } : there < 0 ? { kind: "none", text: "" } : { kind: "most", text: text(there), written: { text: text(there), exact: there } }];
  });
  return {
    settings: Object.fromEntries(settings) as Record<LimitField, Setting>,
    oneRunningMachine: set.oneRunningMachine === undefined ? "default" : set.oneRunningMachine ? "yes" : "no",
  };
}

/** What is wrong with numbers that were typed, by field. */
export function mistakes({ settings }: LimitsForm): Partial<Record<LimitField, string[]>> {
  const wrong = limitFields.filter(({ field }) => settings[field].kind === "most" && !(settings[field].text.trim() !== "" && Number(settings[field].text) >= 0));
  return Object.fromEntries(wrong.map(({ field }) => [field, ["Give a number, 0 or more."]]));
}

export function toQuotas({ settings, oneRunningMachine }: LimitsForm): Quotas {
  const values = limitFields.flatMap(({ field, perUnit }) => {
    const { kind, text, written } = settings[field];
    return kind === "default" ? [] : [[field, kind === "none" ? -1 : written?.text === text ? written.exact : Math.round(Number(text) * perUnit)] as const];
  });
  return { ...Object.fromEntries(values), ...(oneRunningMachine === "default" ? {} : { oneRunningMachine: oneRunningMachine === "yes" }) };
}
