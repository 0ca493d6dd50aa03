import { useQuery } from "@tanstack/react-query";
import { Camera } from "lucide-react";
import { useState } from "react";
import type { Machine } from "../api/types";
import { can } from "../hosts/capabilities";
import { hostQuery } from "../hosts/queries";
import { Button } from "../layout/Button";
import { Notice } from "../layout/Notice";
import { Empty, Loaded, Panel } from "../layout/PageFrame";
import { InlineProgress } from "../operations/Progress";
import { allowed } from "../machines/state";
import { snapshotsQuery } from "./queries";
import { SnapshotTree } from "./SnapshotTree";
import { TakeSnapshot } from "./TakeSnapshot";

/** The points that a machine can go back to, as a tree, and where it is in it. */
export function SnapshotsTab({ machine }: { machine: Machine }) {
  const snapshots = useQuery(snapshotsQuery(machine.id));
  const { data: host } = useQuery(hostQuery(machine.host));
  const [taking, setTaking] = useState(false);
  const { available, reason } = can(host, "snapshots");
  const able = !host || available;
  const now = allowed(machine).snapshot;
  const take = (size: "sm" | "md") => (
    <Button size={size} icon={<Camera className={size === "sm" ? "size-3.5" : "size-4"} />} disabled={!able || !now} title={now ? undefined : "Not while it is being changed, and only while it runs, is paused or is stopped"} onClick={() => setTaking(true)}>
      Take snapshot
    </Button>
  );
  return (
    <>
      <Loaded query={snapshots}>
        {(list) => {
          if (list.length === 0 && !able) return <Notice tone="info" title={`Machines on ${machine.host} have no snapshots`} detail={reason} />;
          if (list.length === 0)
            return (
              <Empty icon={<Camera />} title="No snapshots yet" action={take("md")}>
                A snapshot keeps what the disks of {machine.name} hold, and its memory if you like. Take one before you try something: you can always go back to it.
                {machine.operation && (
                  <div className="mt-4 text-left">
                    <InlineProgress id={machine.operation} />
                  </div>
                )}
              </Empty>
            );
          const stands = list.find(({ current }) => current);
          return (
            <Panel title={`${list.length} ${list.length === 1 ? "snapshot" : "snapshots"}`} aside={take("sm")}>
              <p role="status" className="sr-only">
                {stands ? `${machine.name} stands on ${stands.name}` : `${machine.name} stands on none of its snapshots`}
              </p>
              {!able && <p className="border-b px-4 py-2.5 text-sm text-soft">{machine.host} cannot go back to them at the moment{reason ? `: ${reason}` : "."}</p>}
              <SnapshotTree machine={machine} snapshots={list} able={able} />
            </Panel>
          );
        }}
      </Loaded>
      {taking && <TakeSnapshot machine={machine} onClose={() => setTaking(false)} />}
    </>
  );
}
