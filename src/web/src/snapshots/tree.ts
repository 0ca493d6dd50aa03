import type { Snapshot } from "../api/types";

/** A line of the drawn tree: a snapshot, or the place where the machine is now. */
export type TreeRow = {
  /** Absent: the machine as it is now. */
  snapshot?: Snapshot;
  /** What it came after, where that is still there. */
  parent?: Snapshot;
  /** Lane that it is drawn in; the lanes left of it always run past it. */
  lane: number;
  /** How it hangs on what is above it: in the same lane, from the lane to its left, or not at all. */
  above: "none" | "straight" | "branch";
  /** Whether its lane goes on below it. */
  below: boolean;
};

type Node = { snapshot?: Snapshot; children: Node[]; weight: number };

/**
 * The tree from top to bottom, each parent above its children. The heaviest child goes on in its parent's lane, below the
 * others, so a long chain stays one straight line, and n snapshots need no more than log2(n) lanes.
 * A snapshot whose parent is not in the list is a root, and so is the oldest of a ring, which no server should send.
 */
export function layTree(snapshots: readonly Snapshot[]): TreeRow[] {
  const known = new Set(snapshots.map(({ id }) => id));
  const childrenOf = (parent: string | undefined) => snapshots.filter(({ parentId }) => (parentId && known.has(parentId) ? parentId : undefined) === parent);
  // What is being taken is where the machine will stand.
  const stands = snapshots.find(({ state }) => state === "creating") ?? snapshots.find(({ current }) => current);
  const placed = new Set<string>();
  const grow = (snapshot: Snapshot): Node => {
    placed.add(snapshot.id);
    const children: Node[] = [];
    for (const child of childrenOf(snapshot.id)) if (!placed.has(child.id)) children.push(grow(child));
    if (snapshot === stands) children.push({ children: [], weight: 1 });
    // A stable sort: of equally heavy ones the youngest goes on, and where the machine is now is younger than all.
    children.sort((one, other) => one.weight - other.weight);
    return { snapshot, children, weight: children.reduce((sum, { weight }) => sum + weight, 1) };
  };
  const roots = childrenOf(undefined).map(grow);
  for (const snapshot of snapshots) if (!placed.has(snapshot.id)) roots.push(grow(snapshot));
  if (!stands) roots.push({ children: [], weight: 1 });

  const rows: TreeRow[] = [];
  const draw = ({ snapshot, children }: Node, lane: number, above: TreeRow["above"], parent?: Snapshot): void => {
    rows.push({ ...(snapshot ? { snapshot } : {}), ...(parent ? { parent } : {}), lane, above, below: children.length > 0 });
    children.forEach((child, at) => (at < children.length - 1 ? draw(child, lane + 1, "branch", snapshot) : draw(child, lane, "straight", snapshot)));
  };
  for (const root of roots) draw(root, 0, "none");
  return rows;
}
