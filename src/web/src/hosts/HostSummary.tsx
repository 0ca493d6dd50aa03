import { Ban, Tag, Zap } from "lucide-react";
import type { Host } from "../api/types";
import { memory } from "../layout/format";
import { Figure, Gauge } from "./Gauge";
import { acceleration, isAccelerated } from "./state";

/** Whether it takes machines, and its labels. */
export function HostTags({ host }: { host: Host }) {
  return (
    <>
      {host.draining && (
        <span className="tag bg-accent-wash text-accent" title="It takes no new machines; those that are there stay">
          <Ban className="size-3" /> Draining
        </span>
      )}
      {Object.entries(host.labels).map(([name, value]) => (
        <span key={name} className="tag max-w-full bg-well text-soft" title={`Label ${name}=${value}`}>
          <Tag className="size-3 shrink-0" />
          <span className="truncate">
            {name}={value}
          </span>
        </span>
      ))}
    </>
  );
}

/** What runs the guests and how much room there is. Figures of a host that was never reached would all be noughts. */
export function HostSummary({ host }: { host: Host }) {
  const { machines, machineLimit, memoryUsedMiB, memoryMiB, memoryAvailableMiB, memoryTakenMiB } = host;
  return (
    <div className="grid gap-x-8 gap-y-4 md:grid-cols-2">
      <div>
        <p className="eyebrow mb-0.5">Accelerator</p>
        <p className="flex items-center gap-2 font-semibold">
          <Zap className={`size-4 ${isAccelerated(host) ? "text-accent" : "text-faint"}`} />
          {acceleration(host)}
        </p>
        {host.acceleratorReason && <p className="mt-0.5 text-sm text-soft">{host.acceleratorReason}</p>}
      </div>
      <div className="flex flex-col gap-3">
        {host.probedAt && <Gauge name="Memory" used={memoryUsedMiB} total={memoryMiB} text={`${memoryUsedMiB > 0 ? memory(memoryUsedMiB) : "None"} of ${memory(memoryMiB)} promised`} />}
        <div className="flex flex-wrap gap-x-8 gap-y-2">
          <Figure name="Machines">
            {machines}
            {machineLimit && <span className="font-normal text-faint"> of {machineLimit}</span>}
          </Figure>
          {host.foreignMachines.length > 0 && <Figure name="Not Warren's">{host.foreignMachines.length}</Figure>}
          {memoryTakenMiB !== undefined && <Figure name="Taken now">{memory(memoryTakenMiB)}</Figure>}
          {memoryAvailableMiB !== undefined && <Figure name="Free now">{memory(memoryAvailableMiB)}</Figure>}
          {host.probedAt && <Figure name="Processors">{host.cpus}</Figure>}
          {host.probedAt && <Figure name="Free disk">{host.diskFreeGiB} GiB</Figure>}
        </div>
      </div>
    </div>
  );
}
