import type { AddHostRequest, EditHostRequest, Host, Hypervisor, HypervisorSetting } from "../api/types";
import { ofPairs, toPairs, type Pair } from "../layout/Rows";

/** What a person has filled in of a host; texts until they are sent. */
export type HostForm = {
  name: string;
  /** Plain settings and secrets by name. */
  texts: Record<string, string>;
  /** Lists and maps by name; of a list only the values count. */
  rows: Record<string, Pair[]>;
  /** Secrets that are to be taken away. */
  dropped: string[];
  labels: Pair[];
  reservedMemoryMiB: string;
  machineLimit: string;
};

export const emptyHost: HostForm = { name: "", texts: {}, rows: {}, dropped: [], labels: [], reservedMemoryMiB: "", machineLimit: "" };

/** The example in a list's or map's help text. */
export function exampleOf({ name, help }: HypervisorSetting): { key?: string | undefined; value?: string | undefined } {
  const [, key, value] = new RegExp(`(?:^|[^\\w])${name}:([\\w.-]+)=(\\S*?)[.,;)]*(?:\\s|$)`).exec(help) ?? [];
  return { key, value };
}

/** Settings in the order in which they are asked for: what must be stated comes first. */
export function inOrder(settings: readonly HypervisorSetting[]): HypervisorSetting[] {
  return [...settings.filter((setting) => setting.required), ...settings.filter((setting) => !setting.required)];
}

/** A host's settings as a form shows them. */
export function formOf(host: Host, kind: Hypervisor): HostForm {
  const form: HostForm = { ...emptyHost, name: host.name, texts: {}, rows: {}, labels: toPairs(host.labels), reservedMemoryMiB: String(host.reservedMemoryMiB), machineLimit: host.machineLimit ? String(host.machineLimit) : "" };
  for (const setting of kind.settings) {
    const below = Object.entries(host.settings).filter(([name]) => name.startsWith(`${setting.name}:`));
    const rows = below.map(([name, value]) => ({ name: name.slice(setting.name.length + 1), value }));
    if (rows.length > 0) form.rows[setting.name] = setting.shape === "list" ? rows.sort((one, other) => Number(one.name) - Number(other.name)) : rows;
    const text = host.settings[setting.name];
    if (text !== undefined) form.texts[setting.name] = text;
  }
  return form;
}

/** The form's settings by name, flat; what is empty is not stated. */
export function settingsOf(form: HostForm, kind: Hypervisor): Record<string, string> {
  const stated: Record<string, string> = {};
  for (const setting of kind.settings) {
    const { shape } = setting;
    const rows = form.rows[setting.name] ?? [];
    if (shape === "list") rows.filter((row) => row.value.trim()).forEach((row, index) => (stated[`${setting.name}:${index}`] = row.value.trim()));
    else if (shape === "map") for (const [key, value] of Object.entries(ofPairs(rows))) stated[`${setting.name}:${key}`] = value;
    else {
      const text = form.texts[setting.name] ?? "";
      // A key's last line must end; blanks around anything else were never meant.
      if (text.trim()) stated[setting.name] = setting.secret || shape === "lines" ? text : text.trim();
    }
  }
  return stated;
}

export function toAddRequest(form: HostForm, kind: Hypervisor): AddHostRequest {
  return {
    name: form.name.trim(),
    hypervisor: kind.name,
    settings: settingsOf(form, kind),
    labels: ofPairs(form.labels),
    ...(form.reservedMemoryMiB.trim() ? { reservedMemoryMiB: Number(form.reservedMemoryMiB) } : {}),
    ...(form.machineLimit.trim() ? { machineLimit: Number(form.machineLimit) } : {}),
  };
}

/** What has changed, and only that: a secret that was left empty stays as it is. */
export function toEditRequest(form: HostForm, host: Host, kind: Hypervisor): EditHostRequest {
  const settings = difference(host.settings, settingsOf(form, kind));
  for (const secret of form.dropped) settings[secret] = null;
  const labels = difference(host.labels, ofPairs(form.labels));
  const reserved = form.reservedMemoryMiB.trim() === "" ? host.reservedMemoryMiB : Number(form.reservedMemoryMiB);
  const limit = form.machineLimit.trim() === "" ? 0 : Number(form.machineLimit);
  return {
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(reserved === host.reservedMemoryMiB ? {} : { reservedMemoryMiB: reserved }),
    ...(limit === (host.machineLimit ?? 0) ? {} : { machineLimit: limit }),
  };
}

function difference(before: Record<string, string>, after: Record<string, string>): Record<string, string | null> {
  const changed: Record<string, string | null> = {};
  for (const name of Object.keys(before)) if (!(name in after)) changed[name] = null;
  for (const [name, value] of Object.entries(after)) if (before[name] !== value) changed[name] = value;
  return changed;
}

export type Errors = Record<string, string[]>;

/** Rules that can be told before the server is asked, by its field names; it knows more. */
export function validateHost(form: HostForm, kind: Hypervisor | undefined, taken: ReadonlySet<string>, set: Record<string, boolean> = {}): Errors {
  const errors: Errors = {};
  if (!kind) errors.hypervisor = ["Choose what runs the machines there."];
  if (!form.name.trim()) errors.name = ["Give it a name."];
  else if (taken.has(form.name.trim())) errors.name = ["A host of this name exists."];
  for (const field of ["reservedMemoryMiB", "machineLimit"] as const) if (form[field].trim() && !/^\d+$/.test(form[field].trim())) errors[field] = ["Give a whole number."];
  if (kind) {
    const stated = settingsOf(form, kind);
    for (const { name, required, help } of kind.settings) {
      const there = Object.keys(stated).some((key) => key === name || key.startsWith(`${name}:`)) || (set[name] && !form.dropped.includes(name));
      if (required && !there) errors[`settings.${name}`] = [`This must be stated. ${help}`];
    }
  }
  return errors;
}

/** Refusals that belong to no field on show, to be said above the form. */
export function strays(errors: Errors, kind: Hypervisor | undefined): string[] {
  const shown = ["name", "labels", "reservedMemoryMiB", "machineLimit", ...(kind?.settings ?? []).map((setting) => `settings.${setting.name}`)];
  return Object.entries(errors).flatMap(([field, rules]) => (shown.some((own) => field === own || field.startsWith(`${own}.`) || field.startsWith(`${own}:`)) ? [] : rules));
}
