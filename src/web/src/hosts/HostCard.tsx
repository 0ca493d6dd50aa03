import { Check, RefreshCw, Zap } from "lucide-react";
import type { ReactNode } from "react";
import type { Host } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { memory } from "../layout/format";
import { Notice } from "../layout/Notice";
import { Panel } from "../layout/PageFrame";
import { useProbe } from "./queries";

/** One host. */
export function HostCard({ host }: { host: Host }) {
  const probe = useProbe();
  const emulated = host.accelerator === "tcg";
  return (
    <Panel>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-3">
        <span className={`size-2 rounded-full ${host.usable ? "bg-good" : "bg-bad"}`} />
        <h2 className="text-lg">{host.name}</h2>
        <span className="text-soft">
          {host.hypervisor} {host.version}
        </span>
        <span className="ml-auto text-xs text-faint">{host.probedAt && <>probed <Ago at={host.probedAt} /></>}</span>
        <Button size="sm" icon={<RefreshCw className="size-3.5" />} busy={probe.isPending} onClick={() => probe.mutate(host.name)}>
          Probe again
        </Button>
      </header>
      <div className="flex flex-col gap-5 px-4 py-4">
        {host.problems.map((problem) => (
          <Notice key={problem} tone={host.usable ? "warn" : "bad"} title={problem} />
        ))}
        <div className="grid gap-6 md:grid-cols-2">
          <div>
            <p className="eyebrow mb-1">Accelerator</p>
            <p className="flex items-center gap-2 text-lg font-semibold">
              <Zap className={`size-4 ${emulated ? "text-faint" : "text-accent"}`} />
              {host.accelerator ? (emulated ? "None: emulated (TCG)" : host.accelerator.toUpperCase()) : "Not known"}
            </p>
            {host.acceleratorReason && <p className="mt-1 text-sm text-soft">{host.acceleratorReason}</p>}
          </div>
          <div className="flex flex-col gap-3">
            <Gauge name="Memory" used={host.memoryUsedMiB} total={host.memoryMiB} text={`${memory(host.memoryUsedMiB)} of ${memory(host.memoryMiB)} promised`} />
            <div className="flex gap-8 text-sm">
              <Figure name="Processors">{host.cpus}</Figure>
              <Figure name="Free disk">{host.diskFreeGiB} GiB</Figure>
            </div>
          </div>
        </div>
        <div>
          <p className="eyebrow mb-1.5">Can do</p>
          <ul className="flex flex-wrap gap-1.5">
            {Object.entries(host.capabilities ?? {})
              .filter(([, capability]) => capability.available)
              .map(([name]) => (
                <li key={name} className="tag bg-well text-soft">
                  <Check className="size-3 text-good" />
                  {name}
                </li>
              ))}
          </ul>
        </div>
        {Object.keys(host.facts).length > 0 && (
          <details>
            <summary className="eyebrow">Further findings</summary>
            <dl className="mt-2 grid gap-x-8 gap-y-1 text-sm md:grid-cols-2">
              {Object.entries(host.facts).map(([name, value]) => (
                <div key={name} className="flex justify-between gap-4 border-b py-1">
                  <dt className="text-faint">{name}</dt>
                  <dd className="text-right wrap-anywhere">{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
        {host.foreignMachines.length > 0 && (
          <div>
            <p className="eyebrow mb-1">Machines that are not Warren's; they are never touched</p>
            <p className="font-mono text-xs text-soft">{host.foreignMachines.join(", ")}</p>
          </div>
        )}
      </div>
    </Panel>
  );
}

function Gauge({ name, used, total, text }: { name: string; used: number; total: number; text: string }) {
  const share = total > 0 ? Math.min(100, (used / total) * 100) : 0;
  return (
    <div>
      <p className="mb-1.5 flex justify-between gap-3 text-sm">
        <span className="text-faint">{name}</span>
        <span className="tabular-nums">{text}</span>
      </p>
      <div role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={total} aria-valuenow={used} className="h-2 overflow-hidden rounded-full bg-well">
        <div className={`h-full rounded-full ${share > 90 ? "bg-bad" : "bg-accent"}`} style={{ width: `${share}%` }} />
      </div>
    </div>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <p>
      <span className="block text-faint">{name}</span>
      <span className="text-base font-semibold tabular-nums">{children}</span>
    </p>
  );
}
