import { Link } from "@tanstack/react-router";
import { Check, Minus } from "lucide-react";
import type { Host } from "../api/types";
import { Hint } from "../layout/Hint";
import { Panel } from "../layout/PageFrame";
import { can, capabilityLabel, capabilityMeaning, capabilityNames } from "./capabilities";
import { HostDot } from "./HostStatus";

/** What each host can do, and why not where it cannot. Scrolls inside its own box where hosts are many or the screen is small. */
export function CapabilityMatrix({ hosts }: { hosts: Host[] }) {
  return (
    <Panel title="What each can do" aside={<span className="text-xs text-faint max-sm:hidden">A dash tells why not</span>} className="overflow-clip">
      <div role="region" aria-label="Capabilities by host" tabIndex={0} className="relative overflow-x-auto">
        <table className="w-full border-separate border-spacing-0 text-sm">
          <thead>
            <tr>
              <th scope="col" className="sticky left-0 z-10 border-b bg-card px-4 py-2 text-left font-medium text-faint">
                Capability
              </th>
              {hosts.map((host) => (
                <th key={host.name} scope="col" className="min-w-24 border-b px-3 py-2 align-top text-center font-normal">
                  <Link to="/hosts/$name" params={{ name: host.name }} className="font-semibold hover:underline">
                    {host.name}
                  </Link>
                  <span className="mt-0.5 block">
                    <HostDot state={host.status.state} className="text-xs text-faint" />
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {capabilityNames(hosts).map((name) => (
              <tr key={name} className="group">
                <th scope="row" className="sticky left-0 z-10 border-b bg-card px-4 py-1.5 text-left font-medium group-last:border-b-0 group-hover:bg-well">
                  {capabilityLabel(name)}
                  <span className="block text-xs font-normal text-faint max-md:hidden">{capabilityMeaning(name)}</span>
                </th>
                {hosts.map((host) => (
                  <td key={host.name} className="border-b px-3 py-1.5 text-center group-last:border-b-0 group-hover:bg-well">
                    <Cell host={host} name={name} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Cell({ host, name }: { host: Host; name: string }) {
  const { available, reason } = can(host, name);
  if (available)
    return (
      <span className="inline-flex size-7 items-center justify-center">
        <Check className={`size-4 ${host.probedAt ? "text-good" : "text-faint"}`} aria-hidden />
        <span className="sr-only">yes</span>
      </span>
    );
  const why = reason ?? "the host does not say why";
  return (
    <Hint text={why} label={`${capabilityLabel(name)} on ${host.name}: no, ${why}`} className="inline-flex size-7 items-center justify-center rounded-md text-faint hover:bg-line hover:text-ink">
      <Minus className="size-4" aria-hidden />
    </Hint>
  );
}
