import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ChevronLeft, SearchX } from "lucide-react";
import { useEffect } from "react";
import { entries } from "../api/pages";
import type { Machine } from "../api/types";
import { Console } from "../console/Console";
import { can } from "../hosts/capabilities";
import { hostQuery } from "../hosts/queries";
import { catalogueQuery, imagesQuery } from "../images/queries";
import { buttonClass } from "../layout/Button";
import { Notice } from "../layout/Notice";
import { Empty, Loaded, Panel } from "../layout/PageFrame";
import { ProgressCard } from "../operations/Progress";
import { HeaderActions } from "./HeaderActions";
import { MachineTabs } from "./MachineTabs";
import { machineQuery } from "./queries";
import { ReadinessLadder } from "./Readiness";
import { Reach, Resources } from "./Facts";
import { StateDot } from "./StateDot";
import { WhereItRuns } from "./WhereItRuns";

/** Everything about one machine, its screen first. */
export function MachinePage() {
  const { name } = useParams({ from: "/shell/machines/$name" });
  const machine = useQuery(machineQuery(name));
  useEffect(() => void (document.title = `${name} · Warren`), [name]);
  return (
    <Loaded query={machine}>
      {(data) =>
        data ? (
          <MachineView key={data.id} machine={data} />
        ) : (
          <Empty icon={<SearchX />} title={`There is no machine ${name}`} action={<Link to="/" className={buttonClass()}>To the machines</Link>}>
            It may have been deleted, or it was never there.
          </Empty>
        )
      }
    </Loaded>
  );
}

function MachineView({ machine }: { machine: Machine }) {
  return (
    <div className="flex flex-col gap-5">
      <header className="flex flex-wrap items-end gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <Link to="/" className="mb-1 -ml-1 inline-flex items-center gap-0.5 rounded text-sm text-soft hover:text-ink">
            <ChevronLeft className="size-4" /> Machines
          </Link>
          <h1 className="truncate text-2xl">{machine.name}</h1>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-soft">
            <StateDot state={machine.state} className="font-medium text-ink" />
            <span className="text-faint">{machine.image ?? "adopted"}</span>
          </p>
        </div>
        <HeaderActions machine={machine} />
      </header>
      <ProgressCard id={machine.operation} />
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
