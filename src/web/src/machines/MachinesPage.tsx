import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { entries } from "../api/pages";
import type { MachineState } from "../api/types";
import { Button } from "../layout/Button";
import { Loaded, PageFrame } from "../layout/PageFrame";
import { FirstMachine } from "./FirstMachine";
import { LaunchDialog } from "./launch/LaunchDialog";
import { MachineList } from "./MachineList";
import { machinesQuery, type MachineFilter } from "./queries";

const states: readonly MachineState[] = ["running", "stopped", "creating", "starting", "stopping", "paused", "suspended", "failed", "unknown", "deleting"];
const filterFrom = 8;

/** All machines, live. */
export function MachinesPage() {
  const { launch, template } = useSearch({ from: "/shell/" });
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [state, setState] = useState<MachineState | "">("");
  const typed = useDeferredValue(name.trim().toLowerCase());
  const filter: MachineFilter = { ...(typed ? { name: typed } : {}), ...(state ? { state } : {}) };
  const narrowed = Object.keys(filter).length > 0;
  const all = useInfiniteQuery(machinesQuery());
  const list = useInfiniteQuery({ ...machinesQuery(filter), placeholderData: keepPreviousData });
  const openLaunch = () => void navigate({ to: "/", search: { launch: "" } });
  const many = all.hasNextPage || entries(all.data).length >= filterFrom;
  return (
    <PageFrame
      title="Machines"
      actions={
        <Button look="primary" icon={<Plus className="size-4" />} onClick={openLaunch}>
          Launch machine
        </Button>
      }
    >
      {(many || narrowed) && (
        <div role="search" className="mb-3 flex flex-wrap items-center gap-3">
          <label className="relative min-w-44 flex-1 md:max-w-80">
            <Search className="pointer-events-none absolute top-2.5 left-2.5 size-3.5 text-faint" />
            <span className="sr-only">Search by name</span>
            <input type="search" value={name} onChange={(event) => setName(event.target.value)} placeholder="Search by name" className="field pl-8" />
          </label>
          <select aria-label="State" value={state} onChange={(event) => setState(event.target.value as MachineState | "")} className="field w-36">
            <option value="">All states</option>
            {states.map((one) => (
              <option key={one} value={one}>
                {one.charAt(0).toUpperCase() + one.slice(1)}
              </option>
            ))}
          </select>
          <span role="status" className="text-sm text-faint tabular-nums">
            {entries(list.data).length}
            {list.hasNextPage && "+"} {narrowed ? "found" : "machines"}
          </span>
        </div>
      )}
      <Loaded query={list}>
        {(data) =>
          entries(data).length === 0 && !narrowed ? (
            <FirstMachine onLaunch={openLaunch} />
          ) : (
            <MachineList machines={entries(data)} more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
          )
        }
      </Loaded>
      {(launch !== undefined || template) && <LaunchDialog image={launch ?? ""} template={template} onClose={() => void navigate({ to: "/", search: {} })} />}
    </PageFrame>
  );
}
