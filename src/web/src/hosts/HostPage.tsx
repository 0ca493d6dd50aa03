import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ChevronLeft, SearchX } from "lucide-react";
import { useEffect } from "react";
import type { Host } from "../api/types";
import { buttonClass } from "../layout/Button";
import { Empty, Loaded, Panel } from "../layout/PageFrame";
import { CapabilityList } from "./CapabilityList";
import { HostActions } from "./HostActions";
import { Findings, Reached } from "./HostFacts";
import { HostMachines } from "./HostMachines";
import { HostDot, Since, StatusNotice } from "./HostStatus";
import { HostSummary, HostTags } from "./HostSummary";
import { Networks } from "./Networks";
import { hostQuery, useKind } from "./queries";
import { StoragePools } from "./StoragePools";

/** Everything about one host. */
export function HostPage() {
  const { name } = useParams({ from: "/shell/hosts/$name" });
  const host = useQuery(hostQuery(name));
  useEffect(() => void (document.title = `${name} · Warren`), [name]);
  return (
    <Loaded query={host}>
      {(data) =>
        data ? (
          <HostView key={data.name} host={data} />
        ) : (
          <Empty icon={<SearchX />} title={`There is no host ${name}`} action={<Link to="/hosts" className={buttonClass()}>To the hosts</Link>}>
            It may have been removed, or it was never there.
          </Empty>
        )
      }
    </Loaded>
  );
}

function HostView({ host }: { host: Host }) {
  const kind = useKind(host.hypervisor);
  const { state, since } = host.status;
  // Until a host has answered there is nothing to ask it for.
  const answers = state === "online" || state === "degraded";
  return (
    <div className="flex flex-col gap-5">
      <header className="flex flex-wrap items-end gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <Link to="/hosts" className="mb-1 -ml-1 inline-flex items-center gap-0.5 rounded text-sm text-soft hover:text-ink">
            <ChevronLeft className="size-4" /> Hosts
          </Link>
          <h1 className="truncate text-2xl">{host.name}</h1>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">
            <HostDot state={state} className="font-medium text-ink" />
            <span>
              {kind?.title ?? host.hypervisor} {host.version}
            </span>
            {since && <Since at={since} />}
            <HostTags host={host} />
          </p>
        </div>
        <HostActions host={host} />
      </header>
      <StatusNotice host={host} />
      {host.probedAt && (
        <Panel className="px-4 py-4">
          <HostSummary host={host} />
        </Panel>
      )}
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <HostMachines host={host} answers={answers} />
          <Networks host={host} answers={answers} />
          <StoragePools host={host} answers={answers} />
          <CapabilityList host={host} />
          <Findings host={host} />
        </div>
        <Reached host={host} kind={kind} />
      </div>
    </div>
  );
}
