import { ofPairs, type Pair } from "../../layout/Rows";
import type { IntRange, LaunchRequest, LifeAction, Limits } from "../../api/types";
import type { ImageChoice } from "./choices";

/** The template that a launch takes what it does not say from. */
export type LaunchTemplate = {
  name: string;
  /** `web` for the newest version, `web@2` for that one. */
  reference: string;
  /** It makes machines of a golden image, which decides size, disks and devices. */
  goldenImage: string | undefined;
  /** Other things that it says, for people. */
  further: [name: string, value: string][];
  /** The launch that the form stood for when the template had filled it in. */
  says: LaunchRequest;
};

/** The launch form as it is typed: numbers of the lists are texts until they are checked. */
export type LaunchForm = {
  template: LaunchTemplate | undefined;
  /** Empty with a template of a golden image. */
  image: string;
  name: string;
  /** The name that was suggested; one that people typed themselves is kept when they choose another image. */
  suggested: string;
  memoryMiB: number | undefined;
  cpus: number | undefined;
  diskGiB: number | undefined;
  keys: string[];
  firmware: "bios" | "uefi";
  video: "std" | "virtio";
  ephemeral: boolean;
  start: boolean;
  ttlMinutes: string;
  ttlAction: LifeAction;
  idleMinutes: string;
  idleAction: LifeAction;
  unwatchedMinutes: string;
  unwatchedAction: LifeAction;
  userData: string;
  /** Only with a template of a golden image. */
  firstBoot: string;
  forwards: { protocol: "tcp" | "udp"; guestPort: string; hostPort: string }[];
  dataDisks: { kind: "new" | "file"; sizeGiB: string; path: string }[];
  /** Empty: the one that fits best. */
  host: string;
  hostLabels: Pair[];
  requires: string[];
  /** Empty: the driver's own. */
  network: string;
  /** Empty: the server's or the template's. */
  networkMode: "" | "isolated" | "internet" | "lan";
  /** One destination a line, or several with spaces. */
  egress: string;
  networkMbps: string;
  diskMiBps: string;
  diskIops: string;
  options: Record<string, string>;
};

export type Errors = Record<string, string[]>;

export const emptyForm: LaunchForm = {
  template: undefined, image: "", name: "", suggested: "", memoryMiB: undefined, cpus: undefined, diskGiB: undefined, keys: [], firmware: "bios", video: "std",
  ephemeral: false, start: true, ttlMinutes: "", ttlAction: "delete", idleMinutes: "", idleAction: "stop", unwatchedMinutes: "", unwatchedAction: "stop", userData: "", firstBoot: "", forwards: [], dataDisks: [],
  host: "", hostLabels: [], requires: [], network: "", networkMode: "", egress: "", networkMbps: "", diskMiBps: "", diskIops: "", options: {},
};

/** What may be asked for with this image: the server's limits, the image's own needs within them. */
export function rangesFor(limits: Limits, choice: ImageChoice | undefined): { memoryMiB: IntRange; diskGiB: IntRange; cpus: IntRange } {
  return {
    memoryMiB: { minimum: choice?.minimumMemoryMiB ?? limits.memoryMiB.minimum, maximum: limits.memoryMiB.maximum },
    diskGiB: { minimum: choice?.live ? 0 : Math.max(choice?.minimumDiskGiB ?? 0, limits.diskGiB.minimum), maximum: limits.diskGiB.maximum },
    cpus: limits.cpus,
  };
}

/** A machine's name is its host name: one label of RFC 1123, begun with a letter, that cannot be taken for an id. */
export function nameErrors(name: string, taken: ReadonlySet<string>): string[] {
  if (name === "") return [];
  if (name.length > 63) return ["A name has at most 63 characters."];
  if (!/^[a-z0-9-]+$/.test(name)) return ["Use lower-case letters, digits and hyphens."];
  if (!/^[a-z]/.test(name)) return ["A name begins with a letter."];
  if (!/[a-z0-9]$/.test(name)) return ["A name ends with a letter or digit."];
  if (/^[a-z0-9]{26}$/.test(name)) return ["That looks like an id; choose another name."];
  return taken.has(name) ? ["A machine of this name exists."] : [];
}

/** Rules broken, by the server's own field names; the server checks again and knows more. */
export function validate(form: LaunchForm, limits: Limits, choice: ImageChoice | undefined, taken: ReadonlySet<string>): Errors {
  const errors: Errors = {};
  const ranges = rangesFor(limits, choice);
  const add = (field: string, rules: string[]) => {
    if (rules.length > 0) errors[field] = rules;
  };
  if (!form.image && !form.template) errors.image = ["Choose an image."];
  add("name", nameErrors(form.name, taken));
  if (form.memoryMiB !== undefined) add("memoryMiB", within(form.memoryMiB, ranges.memoryMiB, "MiB"));
  if (form.diskGiB !== undefined) add("diskGiB", within(form.diskGiB, ranges.diskGiB, "GiB"));
  if (form.cpus !== undefined) add("cpus", within(form.cpus, ranges.cpus, "CPUs"));
  if (form.ttlMinutes.trim()) add("ttlSeconds", within(number(form.ttlMinutes), { minimum: 1, maximum: 60 * 24 * 365 }, "minutes"));
  if (form.unwatchedMinutes.trim()) add("unwatched.afterSeconds", within(number(form.unwatchedMinutes), { minimum: 1, maximum: 60 * 24 }, "minutes"));
  if (form.idleMinutes.trim()) add("idle.afterSeconds", within(number(form.idleMinutes), { minimum: 2, maximum: 60 * 24 * 365 }, "minutes"));
  if (form.networkMbps.trim()) add("networkMbps", within(number(form.networkMbps), { minimum: 1, maximum: limits.networkMbps ?? 100_000 }, "Mbit/s"));
  if (form.diskMiBps.trim()) add("diskMiBps", within(number(form.diskMiBps), { minimum: 1, maximum: limits.diskMiBps ?? 100_000 }, "MiB/s"));
  if (form.diskIops.trim()) add("diskIops", within(number(form.diskIops), { minimum: 10, maximum: limits.diskIops ?? 10_000_000 }, "a second"));
  form.forwards.forEach((forward, index) => {
    add(`forwards[${index}].guestPort`, within(number(forward.guestPort), { minimum: 1, maximum: 65_535 }, ""));
    if (forward.hostPort.trim()) add(`forwards[${index}].hostPort`, within(number(forward.hostPort), limits.hostPorts, ""));
  });
  if (form.network && form.forwards.length > 0) errors.forwards = ["A machine on a network of its host has no forwards: take them out, or choose the default network."];
  form.dataDisks.forEach((disk, index) => {
    if (disk.kind === "new") add(`dataDisks[${index}].sizeGiB`, within(number(disk.sizeGiB), { minimum: 1, maximum: limits.diskGiB.maximum }, "GiB"));
    else if (!disk.path.startsWith("/")) errors[`dataDisks[${index}].path`] = ["Give the file's absolute path on the host."];
  });
  for (const field of ["keys", "forwards", "dataDisks"] as const)
    if (form.template?.says[field]?.length && form[field].length === 0 && !(field === "forwards" && form.network))
      errors[field] = [`Left empty, those of ${form.template.name} come back. Keep one, or launch from an image.`];
  if (form.template?.says.egress?.length && !form.egress.trim() && (form.networkMode === "" || form.networkMode === "internet"))
    errors.egress = [`Left empty, the list of ${form.template.name} comes back. Keep one, or launch from an image.`];
  return errors;
}

/** As the server takes it. What a template says is not said again, so that it goes on to come from there. */
export function toRequest(form: LaunchForm): LaunchRequest {
  const whole = wholeRequest(form);
  if (!form.template) return whole;
  const { says, reference } = form.template;
  const own = Object.entries(whole).filter(([field, value]) => field !== "image" && JSON.stringify(value) !== JSON.stringify(says[field as keyof LaunchRequest]));
  return { ...Object.fromEntries(own), template: reference };
}

/** All that the form says. */
export function wholeRequest(form: LaunchForm): LaunchRequest {
  return {
    image: form.image,
    keys: form.keys,
    firmware: form.firmware,
    video: form.video,
    ephemeral: form.ephemeral,
    start: form.start,
    forwards: form.forwards.map(({ protocol, guestPort, hostPort }) => ({ protocol, guestPort: number(guestPort), ...(hostPort.trim() ? { hostPort: number(hostPort) } : {}) })),
    dataDisks: form.dataDisks.map(({ kind, sizeGiB, path }) => (kind === "new" ? { sizeGiB: number(sizeGiB) } : { path })),
    ...(form.name ? { name: form.name } : {}),
    ...(form.host ? { host: form.host } : {}),
    ...(form.network ? { network: form.network } : {}),
    ...(form.networkMode ? { networkMode: form.networkMode } : {}),
    ...(form.egress.trim() && (form.networkMode === "" || form.networkMode === "internet") ? { egress: form.egress.trim().split(/[\s,]+/) } : {}),
    ...(form.networkMbps.trim() ? { networkMbps: number(form.networkMbps) } : {}),
    ...(form.diskMiBps.trim() ? { diskMiBps: number(form.diskMiBps) } : {}),
    ...(form.diskIops.trim() ? { diskIops: number(form.diskIops) } : {}),
    ...(form.requires.length > 0 ? { requires: form.requires } : {}),
    ...mapOf("hostLabels", ofPairs(form.hostLabels)),
    ...mapOf("options", Object.fromEntries(Object.entries(form.options).filter(([, value]) => value.trim()))),
    ...(form.memoryMiB === undefined ? {} : { memoryMiB: form.memoryMiB }),
    ...(form.cpus === undefined ? {} : { cpus: form.cpus }),
    ...(form.diskGiB === undefined ? {} : { diskGiB: form.diskGiB }),
    ...(form.userData.trim() ? { userData: form.userData } : {}),
    ...(form.firstBoot.trim() ? { firstBoot: form.firstBoot } : {}),
    ...(form.ttlMinutes.trim() ? { ttlSeconds: number(form.ttlMinutes) * 60 } : {}),
    ...(form.ttlAction !== "delete" && (form.ttlMinutes.trim() || form.template?.says.ttlSeconds) ? { ttlAction: form.ttlAction } : {}),
    ...(form.unwatchedMinutes.trim() ? { unwatched: { afterSeconds: number(form.unwatchedMinutes) * 60, action: form.unwatchedAction } } : {}),
    ...(form.idleMinutes.trim() ? { idle: { afterSeconds: number(form.idleMinutes) * 60, action: form.idleAction } } : {}),
  };
}

function mapOf<K extends string>(name: K, map: Record<string, string>): { [name in K]?: Record<string, string> } {
  return Object.keys(map).length > 0 ? ({ [name]: map } as { [name in K]?: Record<string, string> }) : {};
}

function within(value: number, { minimum, maximum }: IntRange, unit: string): string[] {
  const text = `${minimum} to ${maximum}${unit && ` ${unit}`}`;
  if (!Number.isInteger(value)) return [`Give a whole number, ${text}.`];
  return value < minimum || value > maximum ? [`Must be ${text}.`] : [];
}

function number(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}
