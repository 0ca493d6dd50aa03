import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Host } from "../api/types";
import { Panel } from "../layout/PageFrame";
import { ThingHeader, ThingPage } from "../layout/ThingPage";
import { CapabilityList } from "./CapabilityList";
import { HostActions } from "./HostActions";
import { Findings, Reached } from "./HostFacts";
import { HostMachines } from "./HostMachines";
import { HostDot, Since, StatusNotice } from "./HostStatus";
import { HostSummary, HostTags } from "./HostSummary";
import { Networks } from "./Networks";
import { hostQuery, useKind } from "./queries";
import { StoragePools } from "./StoragePools";

const list = { to: "/hosts", title: "Hosts" } as const;

/** Everything about one host. */
export function HostPage() {
  const { name } = useParams({ from: "/shell/hosts/$name" });
  const host = useQuery(hostQuery(name));
  return (
    <ThingPage kind="host" name={name} list={list} query={host}>
      {(data) => <HostView key={data.name} host={data} />}
    </ThingPage>
  );
}

function HostView({ host }: { host: Host }) {
  const kind = useKind(host.hypervisor);
  const { state, since } = host.status;
  // Until a host has answered there is nothing to ask it for.
  const answers = state === "online" || state === "degraded";
  return (
    <div className="flex flex-col gap-5">
      <ThingHeader
        name={host.name}
        list={list}
        lead={
          <>
            <HostDot state={state} className="font-medium text-ink" />
            <span>
              {kind?.title ?? host.hypervisor} {host.version}
            </span>
            {since && <Since at={since} />}
            <HostTags host={host} />
          </>
        }
        actions={<HostActions host={host} />}
      />
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
