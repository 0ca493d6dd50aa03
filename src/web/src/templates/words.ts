import type { LaunchRequest, Template, TemplateContent, TemplatePool } from "../api/types";
import { diskLimit, duration, memory } from "../layout/format";

/** What names exactly one version: `web@2`. */
export function reference({ name, version }: { name: string; version: number }): string {
  return `${name}@${version}`;
}

/** `web` and `web@2` taken apart. */
export function parseReference(text: string): { name: string; version?: number } {
  const [, name = text, version] = /^(.*)@([1-9][0-9]*)$/.exec(text) ?? [];
  return version ? { name, version: Number(version) } : { name };
}

/** What a template makes, in a few words each. */
export function inShort({ image, goldenImage, content }: Template): string[] {
  const steps = content?.provision.length ?? 0;
  const words = [
    image ?? (goldenImage && `golden image ${goldenImage}`),
    content?.memoryMiB && memory(content.memoryMiB),
    content?.cpus && count(content.cpus, "CPU"),
    content?.diskGiB && `${content.diskGiB} GiB disk`,
    steps > 0 && count(steps, "step"),
    content?.pool && "pool",
  ];
  return words.filter((one): one is string => !!one);
}

/** What it says besides image and size, as names and values. */
export function further(content: TemplateContent): [name: string, value: string][] {
  return said(
    ["Name of its machines", content.machineName],
    ["Firmware", content.firmware && (content.firmware === "uefi" ? "UEFI" : "BIOS")],
    ["Graphics", content.video && (content.video === "virtio" ? "virtio" : "Standard VGA")],
    ["Network", content.network],
    ["Network mode", content.networkMode],
    ["Reaches only", content.egress.join(", ")],
    ["Bandwidth", content.networkMbps && `${content.networkMbps} Mbit/s in each direction`],
    ["Disk limit", diskLimit(content)],
    ["Ports", content.forwards.map(port).join(", ")],
    ["Data disks", content.dataDisks.map(({ path, sizeGiB }) => path ?? `${sizeGiB} GiB`).join(", ")],
    ["SSH keys", content.keys.join(", ")],
    ["Labels of the host", Object.entries(content.hostLabels).map(([name, value]) => `${name}=${value}`).join(", ")],
    ["The host must do", content.requires.join(", ")],
    ["Recorded", content.recording !== "off" && content.recording],
    ["Deleted by itself after", content.ttlSeconds && duration(content.ttlSeconds * 1000)],
  );
}

/** What it says of pools, as names and values. */
export function ofPool({ target, min, max, maxAgeSeconds, kind }: TemplatePool): [name: string, value: string][] {
  return said(
    ["Kept ready", target],
    ["Low below", min],
    ["Machines at most", max],
    ["Spares replaced after", maxAgeSeconds && duration(maxAgeSeconds * 1000)],
    ["Made by", kind],
  );
}

/** The launch that a text stands for, without its user-data, as names and values. */
export function launched(request: LaunchRequest): [name: string, value: string][] {
  return said(
    ["Name", request.name],
    ["Image", request.image],
    ["Golden image", request.goldenImage],
    ["Memory", request.memoryMiB && memory(request.memoryMiB)],
    ["CPUs", request.cpus],
    ["System disk", request.diskGiB && `${request.diskGiB} GiB`],
    ["Ports", request.forwards?.map(port).join(", ")],
    ["Deleted by itself after", request.ttlSeconds && duration(request.ttlSeconds * 1000)],
  );
}

/** A text under another name: the first `name:` that is not indented. */
export function renamed(yaml: string, name: string): string {
  return yaml.replace(/^name[ \t]*:.*$/m, `name: ${name}`);
}

/** Where line and column, both from 1, are within a text; beyond a line's end is its end. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const at = Math.min(Math.max(line, 1), lines.length) - 1;
  const before = lines.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0);
  return before + Math.min(Math.max(column, 1) - 1, lines[at]!.length);
}

/** The lines whose value says something. */
function said(...lines: [name: string, value: unknown][]): [name: string, value: string][] {
  return lines.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "").map(([name, value]) => [name, String(value)]);
}

function port({ hostPort, guestPort, protocol }: { hostPort?: number | null; guestPort: number; protocol?: string }): string {
  return `${hostPort ? `${hostPort}:` : ""}${guestPort}${protocol === "udp" ? "/udp" : ""}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
