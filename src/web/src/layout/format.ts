/** Bytes in the unit people read: 512 MiB, 1.9 GiB. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${trim(value)} ${units[unit]}`;
}

/** Memory given in MiB. */
export function memory(mebibytes: number): string {
  return bytes(mebibytes * 1024 * 1024);
}

function trim(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, "");
}

/** A length of time: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min, 4 d 1 h. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${trim(Math.round(seconds * 10) / 10)} s`;
  const parts: [number, string][] = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => Math.round(seconds) >= size);
  let rest = Math.round(seconds);
  const words: string[] = [];
  for (const [size, unit] of parts.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit}`);
  }
  return words.join(" ");
}

/** How long ago, in one unit: now, 40 s ago, 5 min ago, 3 d ago; or how far ahead: in 5 min. */
export function ago(then: string, now: number): string {
  const difference = now - Date.parse(then);
  const seconds = Math.abs(difference) / 1000;
  // Clocks differ a little, and this page's own moves in steps.
  if (seconds < 5 || (difference < 0 && seconds < 15)) return "now";
  const text = seconds < 60 ? `${Math.floor(seconds)} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
  return difference >= 0 ? `${text} ago` : `in ${text}`;
}

/** `machine.launch` as words: Launch. */
export function verb(kind: string): string {
  const words = (kind.split(".").at(-1) ?? kind).replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const short: Record<string, string> = { ca: "CA", uri: "URI", url: "URL", ssh: "SSH", tls: "TLS", ip: "IP", id: "ID", cpu: "CPU", cpus: "CPUs", mac: "MAC", vnc: "VNC", rdp: "RDP", api: "API", mib: "MiB", gib: "GiB", os: "OS", usb: "USB", uefi: "UEFI" };

/** A name as it is written in the API, in words: `publishAddress` is Publish address, `memoryMiB` Memory MiB. */
export function inWords(name: string): string {
  const parts = name.replace(/([MG])iB/g, " $1ib").replace(/([a-z0-9])([A-Z])/g, "$1 $2").split(/[\s_-]+/).filter(Boolean);
  const words = parts.map((part) => short[part.toLowerCase()] ?? part.toLowerCase()).join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What disks may do, or nothing. */
export function diskLimit({ diskMiBps, diskIops }: { diskMiBps?: number | undefined; diskIops?: number | undefined }): string {
  return [diskMiBps && `${diskMiBps} MiB/s`, diskIops && `${diskIops} reads and writes a second`].filter(Boolean).join(", ");
}
