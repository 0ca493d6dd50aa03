import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { entries } from "../api/pages";
import type { Machine } from "../api/types";
import { Console } from "../console/Console";
import { can } from "../hosts/capabilities";
import { hostQuery } from "../hosts/queries";
import { catalogueQuery, imagesQuery } from "../images/queries";
import { Notice } from "../layout/Notice";
import { Panel } from "../layout/PageFrame";
import { ThingHeader, ThingPage } from "../layout/ThingPage";
import { ProgressCard } from "../operations/Progress";
import { EndingNotice } from "./EndingNotice";
import { HeaderActions } from "./HeaderActions";
import { MachineTabs } from "./MachineTabs";
import { machineQuery } from "./queries";
import { ReadinessLadder } from "./Readiness";
import { Reach, Resources } from "./Facts";
import { SharedWithYou } from "./SharedWithYou";
import { StateDot } from "./StateDot";
import { WhereItRuns } from "./WhereItRuns";

const list = { to: "/", title: "Machines" } as const;

/** Everything about one machine, its screen first. */
export function MachinePage() {
  const { name } = useParams({ from: "/shell/machines/$name" });
  const machine = useQuery(machineQuery(name));
  return (
    <ThingPage kind="machine" name={name} list={list} query={machine}>
      {(data) => <MachineView key={data.id} machine={data} />}
    </ThingPage>
  );
}

function MachineView({ machine }: { machine: Machine }) {
  return (
    <div className="flex flex-col gap-5">
      <ThingHeader
        name={machine.name}
        list={list}
        lead={
          <>
            <StateDot state={machine.state} className="font-medium text-ink" />
            <span className="text-faint">{machine.image ?? "adopted"}</span>
          </>
        }
        actions={<HeaderActions machine={machine} />}
      />
      {machine.shared && <SharedWithYou machine={machine} by={machine.shared.by} />}
      <ProgressCard id={machine.operation} />
      <EndingNotice machine={machine} />
      {machine.problem && <Notice tone="bad" title={machine.problem.title} detail={machine.problem.detail ?? undefined} />}
      {machine.readiness.detail && machine.readiness.cloudInit === "error" && <Notice tone="warn" title="cloud-init ended with errors" detail={machine.readiness.detail} />}
      {machine.readiness.detail && machine.readiness.cloudInit !== "error" && machine.state === "running" && <Notice tone="info" title="The machine says of itself" detail={machine.readiness.detail} />}
      <Ladder machine={machine} />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <Screen machine={machine} />
          <MachineTabs machine={machine} />
        </div>
        <div className="grid items-start gap-5 sm:grid-cols-2 xl:grid-cols-1">
          <Reach machine={machine} />
          <WhereItRuns machine={machine} />
          <Resources machine={machine} />
        </div>
      </div>
    </div>
  );
}

/** Its console, or why there is none: not every kind of host has screens to show. */
function Screen({ machine }: { machine: Machine }) {
  const { data: host } = useQuery(hostQuery(machine.host));
  const { available, reason } = can(host, "screen");
  if (!host || available) return <Console machine={machine} />;
  return <Notice tone="info" title={`Machines on ${host.name} have no screen here`} detail={reason} />;
}

function Ladder({ machine }: { machine: Machine }) {
  const catalogue = useQuery(catalogueQuery);
  const images = useInfiniteQuery(imagesQuery);
  const features = catalogue.data?.find((entry) => entry.name === machine.image)?.features ?? entries(images.data).find((image) => image.name === machine.image || image.id === machine.image)?.features;
  return (
    <Panel className="px-2 py-3.5 sm:px-4">
      <ReadinessLadder machine={machine} features={features} />
    </Panel>
  );
}
