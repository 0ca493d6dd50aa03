import type { UserRole } from "../api/types";

const meanings = [
  ["member", "Member: makes and uses machines"],
  ["viewer", "Viewer: looks only"],
  ["administrator", "Administrator: manages hosts and users"],
] as const satisfies readonly (readonly [UserRole, string])[];

/** The roles that somebody may give: only the owner makes administrators. */
export function rolesToGive(mine: UserRole | undefined): readonly (readonly [UserRole, string])[] {
  return mine === "owner" ? meanings : meanings.filter(([role]) => role !== "administrator");
}
