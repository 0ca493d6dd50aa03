import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Machine } from "../api/types";
import { can } from "../hosts/capabilities";
import { HostDot } from "../hosts/HostStatus";
import { hostQuery, useKind } from "../hosts/queries";
import { Tick } from "../layout/Field";
import { Panel } from "../layout/PageFrame";
import { useAutostart } from "./queries";
import { Verdicts } from "./Verdicts";

/** The machine's host, how it stands with that host, and why it is this one. */
export function WhereItRuns({ machine }: { machine: Machine }) {
  const { data: host } = useQuery(hostQuery(machine.host));
  const kind = useKind(host?.hypervisor);
  const autostart = useAutostart(machine);
  const { placement } = machine;
  return (
    <Panel title="Where it runs">
      <div className="flex flex-col gap-2.5 px-4 py-3 text-sm">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
          <Link to="/hosts/$name" params={{ name: machine.host }} className="text-base font-semibold hover:underline">
            {machine.host}
          </Link>
          {host && <HostDot state={host.status.state} />}
          {kind && <span className="text-faint">{kind.title}</span>}
        </p>
        {host && host.status.state !== "online" && host.status.reason && <p className="text-bad">{host.status.reason}</p>}
        {machine.movingTo && (
          <p className="text-accent">
            Moving to{" "}
            <Link to="/hosts/$name" params={{ name: machine.movingTo }} className="font-semibold underline">
              {machine.movingTo}
            </Link>
          </p>
        )}
        {placement?.why && (
          <div>
            <p className="eyebrow">Why here</p>
            <p>{placement.why}</p>
            <Verdicts hosts={placement.hosts.filter((verdict) => verdict.host !== placement.host)} />
          </div>
        )}
        {host && !machine.shared && can(host, "autostart").available && <Tick label={`Start with ${machine.host}`} checked={machine.autostart ?? false} disabled={autostart.isPending || !!machine.operation} onChange={(event) => autostart.mutate(event.target.checked)} />}
      </div>
    </Panel>
  );
}
