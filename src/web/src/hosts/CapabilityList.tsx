import { Check, Minus } from "lucide-react";
import type { Host } from "../api/types";
import { Panel } from "../layout/PageFrame";
import { capabilityLabel, capabilityNames, can } from "./capabilities";

/** What one host can do, each thing that it cannot with the reason. */
export function CapabilityList({ host }: { host: Host }) {
  const names = capabilityNames([host]);
  const sorted = [...names.filter((name) => can(host, name).available), ...names.filter((name) => !can(host, name).available)];
  return (
    <Panel title="What it can do">
      <ul className="flex flex-col gap-1.5 px-4 py-3 text-sm">
        {sorted.map((name) => {
          const { available, reason } = can(host, name);
          return (
            <li key={name} className="flex gap-2.5">
              {available ? <Check className="mt-0.5 size-3.5 shrink-0 text-good" aria-label="yes" /> : <Minus className="mt-0.5 size-3.5 shrink-0 text-faint" aria-label="no" />}
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
