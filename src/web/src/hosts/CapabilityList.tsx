import { Check, Minus } from "lucide-react";
import type { Host } from "../api/types";
import { Panel } from "../layout/PageFrame";
import { capabilityLabel, capabilityNames, can } from "./capabilities";

/** What one host can do, each thing that it cannot with the reason. Of one that was never reached only its driver is known. */
export function CapabilityList({ host }: { host: Host }) {
  const names = capabilityNames([host]);
  const sorted = [...names.filter((name) => can(host, name).available), ...names.filter((name) => !can(host, name).available)];
  return (
    <Panel title={host.probedAt ? "What it can do" : "What its driver can do"}>
      <ul className="px-4 py-3 text-sm sm:columns-2 lg:columns-3">
        {sorted.map((name) => {
          const { available, reason } = can(host, name);
          return (
            <li key={name} className="flex break-inside-avoid gap-2.5 pb-2">
              {available ? <Check className={`mt-0.5 size-3.5 shrink-0 ${host.probedAt ? "text-good" : "text-faint"}`} aria-label="yes" /> : <Minus className="mt-0.5 size-3.5 shrink-0 text-faint" aria-label="no" />}
              <span className={available ? "" : "text-soft"}>
                {capabilityLabel(name)}
                {reason && <span className="block text-xs wrap-anywhere text-faint">{reason}</span>}
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
