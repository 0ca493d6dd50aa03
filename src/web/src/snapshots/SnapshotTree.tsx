import { useState } from "react";
import type { Machine, Snapshot } from "../api/types";
import { InlineProgress } from "../operations/Progress";
import { DeleteSnapshot } from "./DeleteSnapshot";
import { EditSnapshot } from "./EditSnapshot";
import { Lanes } from "./Lanes";
import { RestoreSnapshot } from "./RestoreSnapshot";
import { SnapshotLine, type Ask } from "./SnapshotLine";
import { layTree } from "./tree";

/** The tree, each snapshot below the one that it came after, and the machine below the one that it stands on. */
export function SnapshotTree({ machine, snapshots, able }: { machine: Machine; snapshots: Snapshot[]; able: boolean }) {
  const [asking, setAsking] = useState<{ what: Ask; snapshot: Snapshot }>();
  const close = () => setAsking(undefined);
  const changing = snapshots.some(({ state }) => state !== "ready");
  return (
    <>
      <ol aria-label={`Snapshots of ${machine.name}`} className="py-2">
        {layTree(snapshots).map((row) =>
          row.snapshot ? (
            <SnapshotLine key={row.snapshot.id} machine={machine} row={row} snapshot={row.snapshot} able={able} onAsk={(what, snapshot) => setAsking({ what, snapshot })} />
          ) : (
            <li key="here" aria-current="location" className="flex bg-accent-wash/60 pr-3 pl-2 sm:pl-3">
              <Lanes row={row} look="here" />
              <div className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2 py-2.5">
                <span className="font-semibold text-accent">You are here</span>
                {machine.operation && !changing ? (
                  <div className="basis-full pt-1">
                    <InlineProgress id={machine.operation} />
                  </div>
                ) : (
                  <span className="text-sm text-soft">
                    {machine.name}, {machine.state}.{changing ? "" : row.parent ? ` What it has changed since ${row.parent.name} is in no snapshot.` : " It stands on none of its snapshots."}
                  </span>
                )}
              </div>
            </li>
          ),
        )}
      </ol>
      {asking?.what === "restore" && <RestoreSnapshot machine={machine} snapshot={asking.snapshot} all={snapshots} onClose={close} />}
      {asking?.what === "edit" && <EditSnapshot machine={machine} snapshot={asking.snapshot} onClose={close} />}
      {asking?.what === "delete" && <DeleteSnapshot machine={machine} snapshot={asking.snapshot} all={snapshots} onClose={close} />}
    </>
  );
}
