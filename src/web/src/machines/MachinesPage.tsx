import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { useDeferredValue, useEffect, useState } from "react";
import { entries } from "../api/pages";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { MoreRows } from "../layout/MoreRows";
import { Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { FirstMachine } from "./FirstMachine";
import { LaunchDialog } from "./launch/LaunchDialog";
import { columns, MachineRow } from "./MachineRow";
import { machinesQuery } from "./queries";
import { matches, toneOf } from "./state";

const filters = [["all", "All"], ["on", "On"], ["off", "Off"], ["trouble", "Trouble"]] as const;
type Filter = (typeof filters)[number][0];
const searchFrom = 8;

/** All machines, live. */
export function MachinesPage() {
  const { launch } = useSearch({ from: "/shell/" });
  const navigate = useNavigate();
  const list = useInfiniteQuery(machinesQuery);
  const openLaunch = () => void navigate({ to: "/", search: { launch: "" } });
  return (
    <PageFrame
      title="Machines"
      actions={
        <Button look="primary" icon={<Plus className="size-4" />} onClick={openLaunch}>
          Launch machine
        </Button>
      }
    >
      <Loaded query={list}>
        {(data) => {
          const machines = entries(data);
          if (machines.length === 0) return <FirstMachine onLaunch={openLaunch} />;
          return <MachineList machines={machines} more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />;
        }}
      </Loaded>
      {launch !== undefined && <LaunchDialog image={launch} onClose={() => void navigate({ to: "/", search: {} })} />}
    </PageFrame>
  );
}

function MachineList({ machines, more, busy, onMore }: { machines: Machine[]; more: boolean; busy: boolean; onMore: () => void }) {
  const [typed, setTyped] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const search = useDeferredValue(typed.trim());
  const narrowed = search !== "" || filter !== "all";
  const shown = narrowed ? machines.filter((one) => passes(one, filter) && matches(one, search)) : machines;

  // Searching looks at machines that are not read yet, too: pages are read until the screen is full of hits.
  useEffect(() => {
    if (narrowed && more && !busy && shown.length < 50) onMore();
  }, [narrowed, more, busy, shown.length, onMore]);

  return (
    <>
      {(machines.length >= searchFrom || more) && (
        <div className="mb-3 flex flex-wrap items-center gap-3">
          <label className="relative min-w-52 flex-1 md:max-w-80">
            <Search className="pointer-events-none absolute top-2.5 left-2.5 size-3.5 text-faint" />
            <span className="sr-only">Search machines</span>
            <input type="search" value={typed} onChange={(event) => setTyped(event.target.value)} placeholder="Name, image, host, state" className="field pl-8" />
          </label>
          <Choice label="Which machines" options={filters} value={filter} onChange={setFilter} />
          <span role="status" className="text-sm text-faint tabular-nums">
            {narrowed && `${shown.length} of `}
            {machines.length}
            {more && "+"}
          </span>
        </div>
      )}
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
            {shown.map((machine) => (
              <MachineRow key={machine.id} machine={machine} />
            ))}
          </div>
        </div>
        {shown.length === 0 && <p className="px-4 py-8 text-center text-soft">{more ? "Looking…" : "No machine is like that."}</p>}
      </Panel>
      <MoreRows more={more} busy={busy} onMore={onMore} />
    </>
  );
}

function passes(machine: Machine, filter: Filter): boolean {
  const tone = toneOf(machine.state);
  if (filter === "on") return tone === "good" || tone === "busy" || tone === "calm";
  if (filter === "off") return tone === "off";
  if (filter === "trouble") return tone === "bad" || tone === "unknown" || machine.readiness.cloudInit === "error";
  return true;
}
