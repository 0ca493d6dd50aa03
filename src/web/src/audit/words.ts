import type { AuditEntry } from "../api/types";
import { inWords } from "../layout/format";

/** Groups of actions, by what their names begin with. */
export const groups: readonly (readonly [value: string, label: string])[] = [
  ["", "Everything"],
  ["machine.", "Machines"],
  ["machine.open-", "Consoles opened"],
  ["session.", "Logging in and out"],
  ["account.", "Own accounts"],
  ["user.", "Users"],
  ["project.", "Projects"],
  ["token.", "Tokens"],
  ["key.", "Keys"],
  ["image.", "Images"],
  ["golden", "Golden images"],
  ["template.", "Templates"],
  ["pool.", "Pools"],
  ["snapshot.", "Snapshots"],
  ["share.", "Share links"],
  ["recording.", "Recordings"],
  ["host.", "Hosts"],
  ["audit.", "The trail itself"],
];

/** Who did it, for people. */
export function whoOf(entry: Pick<AuditEntry, "actor" | "user" | "userId" | "tried">): string {
  switch (entry.actor) {
    case "system":
      return "the server";
    case "nobody":
      return entry.tried ? `somebody as ${entry.tried}` : "somebody unknown";
    case "share":
      return `${entry.user ?? "a guest"}, by a link`;
    default:
      return entry.user ?? entry.userId ?? "somebody";
  }
}

/** To what, for people: `machine web`. Logging in and one's own account are about nothing else. */
export function subjectOf({ subjectKind, subject, subjectId }: Pick<AuditEntry, "subjectKind" | "subject" | "subjectId">): string | undefined {
  if (!subjectKind || ((subjectKind === "session" || subjectKind === "account") && !subject)) return undefined;
  return [subjectKind.replaceAll("-", " "), subject ?? subjectId].filter(Boolean).join(" ");
}

/** `machine.open-screen` is Open screen, `machine.launch.ended` Launch ended. */
export function doneOf(action: string): string {
  return inWords(action.slice(action.indexOf(".") + 1).replaceAll(".", " "));
}

/** All fields of an entry, in the order in which people ask for them; the detail last. */
export function fieldsOf(entry: AuditEntry): [name: string, value: string][] {
  const { detail, ...plain } = entry;
  const order = ["seq", "at", "actor", "user", "userId", "tried", "credential", "address", "userAgent", "action", "method", "route", "subjectKind", "subject", "subjectId", "project", "projectId", "result", "status", "problem", "operationId"] as const;
  const shown = order.flatMap((name): [string, string][] => (plain[name] === undefined ? [] : [[inWords(name), String(plain[name])]]));
  const more = Object.entries(detail).map(([name, value]): [string, string] => [name, value]);
  return [...shown, ...more, ["Hash before", plain.previousHash], ["Hash", plain.hash]];
}
