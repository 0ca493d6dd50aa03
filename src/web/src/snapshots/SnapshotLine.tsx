import { HardDrive, MemoryStick, Pencil, RotateCcw, Trash2 } from "lucide-react";
import type { Machine, Snapshot } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { Menu } from "../layout/Menu";
import { allowed } from "../machines/state";
import { InlineProgress } from "../operations/Progress";
import { Lanes } from "./Lanes";
import type { TreeRow } from "./tree";

/** What somebody wants to do with a snapshot. */
export type Ask = "restore" | "edit" | "delete";

/** One snapshot in the tree: what it is, and what can be done with it. */
export function SnapshotLine({ machine, row, snapshot, able, onAsk }: { machine: Machine; row: TreeRow; snapshot: Snapshot; able: boolean; onAsk: (what: Ask, snapshot: Snapshot) => void }) {
  const { name, state } = snapshot;
  const can = allowed(machine);
  const ready = state === "ready";
  return (
    <li className="flex pr-3 pl-2 hover:bg-well/60 sm:pl-3">
      <Lanes row={row} look={ready ? (snapshot.memory ? "memory" : "disks") : "busy"} />
      <div className="min-w-0 flex-1 py-2">
        <div className="flex items-start gap-2">
          <p className="flex min-h-7 min-w-0 flex-1 flex-wrap items-center gap-x-2.5 gap-y-0.5">
            <span className="font-semibold wrap-anywhere">{name}</span>
            <Keeps memory={snapshot.memory} />
            <span className="text-xs text-faint">
              <Ago at={snapshot.createdAt} />
              <span className="sr-only">{row.parent ? `, came after ${row.parent.name}` : ", at the root"}</span>
            </span>
          </p>
          <span className="flex shrink-0 items-center gap-0.5">
            <Button look="quiet" size="sm" aria-label={`Restore ${name}`} icon={<RotateCcw className="size-3.5" />} disabled={!able || !ready || !can.restore} onClick={() => onAsk("restore", snapshot)}>
              <span className="hidden sm:inline">Restore</span>
            </Button>
            <Menu
              label={`More for ${name}`}
              items={[
                { label: "Rename or describe…", icon: <Pencil />, onSelect: () => onAsk("edit", snapshot), disabled: state === "deleting" },
                { label: "Delete…", icon: <Trash2 />, onSelect: () => onAsk("delete", snapshot), danger: true, disabled: !ready || !can.forgetSnapshot },
              ]}
            />
          </span>
        </div>
        {snapshot.description && <p className="max-w-prose text-sm wrap-anywhere whitespace-pre-line text-soft">{snapshot.description}</p>}
        {!ready && (
          <div className="mt-1 max-w-sm">
            <InlineProgress id={machine.operation} />
          </div>
        )}
      </div>
    </li>
  );
}

function Keeps({ memory }: { memory: boolean }) {
  return memory ? (
    <span className="tag bg-calm-wash text-calm" title="Its disks and its memory: to go back lets the machine run on from that moment">
      <MemoryStick className="size-3.5" /> Memory
    </span>
  ) : (
    <span className="tag bg-well text-soft" title="Its disks: after going back the machine is off">
      <HardDrive className="size-3.5" /> Disks
    </span>
  );
}
