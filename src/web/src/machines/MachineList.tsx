import type { Machine } from "../api/types";
import { MoreRows } from "../layout/MoreRows";
import { Panel } from "../layout/PageFrame";
import { columns, MachineRow } from "./MachineRow";

/** Machines as a table; the next page is read when its end comes near. */
export function MachineList({ machines, more, busy, onMore }: { machines: Machine[]; more: boolean; busy: boolean; onMore: () => void }) {
  return (
    <>
      <Panel className="overflow-clip">
        <div role="table" aria-label="Machines">
          <div role="row" className={`eyebrow hidden border-b px-4 py-2 ${columns}`}>
            {["Machine", "State", "Readiness", "Resources", "SSH"].map((head) => (
              <span key={head} role="columnheader">
                {head}
              </span>
            ))}
            <span role="columnheader" className="sr-only">
              Actions
            </span>
          </div>
          <div role="rowgroup" className="divide-y">
            {machines.map((machine) => (
              <MachineRow key={machine.id} machine={machine} />
            ))}
          </div>
        </div>
        {machines.length === 0 && <p className="px-4 py-8 text-center text-soft">No machine is like that.</p>}
      </Panel>
      <MoreRows more={more} busy={busy} onMore={onMore} />
    </>
  );
}
