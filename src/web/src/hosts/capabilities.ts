import type { Host } from "../api/types";
import { inWords } from "../layout/format";

/** What the known ones mean. One that this page does not know yet is shown by its own name. */
const known: Record<string, { label: string; means: string }> = {
  screen: { label: "Screen", means: "Its screen in the browser" },
  serial: { label: "Serial", means: "Serial line and its log" },
  guest: { label: "Guest agent", means: "Commands, files and keys in the guest" },
  power: { label: "Pause", means: "Pause and resume" },
  suspend: { label: "Suspend", means: "Memory is written to disk, and a start goes on from there" },
  resize: { label: "Resize", means: "Other memory, CPUs or disk while it is stopped" },
  addresses: { label: "Addresses", means: "The guest's own addresses are known" },
  autostart: { label: "Autostart", means: "Machines start with the host" },
  snapshots: { label: "Snapshots", means: "Points in a machine's life to go back to" },
  clones: { label: "Clones", means: "New machines from a stopped one" },
  forks: { label: "Forks", means: "New machines that go on where a running one stands" },
  migration: { label: "Migration", means: "Running machines move to another host" },
  networks: { label: "Networks", means: "Networks of the host can be chosen and made" },
  storage: { label: "Storage", means: "Places for disks can be chosen and made" },
  changes: { label: "Live changes", means: "The host tells changes as they happen" },
  adoption: { label: "Adoption", means: "Machines made elsewhere can be taken over" },
  installation: { label: "Installation", means: "Shows how far a guest that installs itself has come" },
  memoryUse: { label: "Memory use", means: "What machines really take is counted, and a host that is really full takes no more" },
  activity: { label: "Activity", means: "Machines that nobody uses can be stopped or deleted" },
  internet: { label: "Network mode internet", means: "Guests reach the outside, and neither the host nor its LAN" },
  uefi: { label: "UEFI", means: "Guests can boot by UEFI" },
};

export function capabilityLabel(name: string): string {
  return known[name]?.label ?? inWords(name);
}

export function capabilityMeaning(name: string): string | undefined {
  return known[name]?.means;
}

/** Every capability that any of the hosts knows of, in the order in which the server tells them. */
export function capabilityNames(hosts: readonly Host[]): string[] {
  return [...new Set(hosts.flatMap((host) => Object.keys(host.capabilities)))];
}

/** Whether a host can do something; a capability that it does not name counts as missing. */
export function can(host: Host | null | undefined, capability: string): { available: boolean; reason?: string | undefined } {
  return host?.capabilities[capability] ?? { available: false };
}
