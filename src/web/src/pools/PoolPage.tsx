import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Pool } from "../api/types";
import { Ago } from "../layout/Ago";
import { CopyLine } from "../layout/CopyButton";
import { Fact } from "../layout/Fact";
import { duration, memory } from "../layout/format";
import { Panel } from "../layout/PageFrame";
import { ThingHeader, ThingPage } from "../layout/ThingPage";
import { ladder } from "../machines/state";
import { Figures, Places, SpareAges } from "./Gauges";
import { Leases } from "./Leases";
import { PoolActions } from "./PoolActions";
import { MadeFrom, PoolDot, PoolNotice } from "./PoolState";
import { poolQuery } from "./queries";

const list = { to: "/pools", title: "Pools" } as const;

/** Everything about one pool. */
export function PoolPage() {
  const { name } = useParams({ from: "/shell/pools/$name" });
  const pool = useQuery(poolQuery(name));
  return (
    <ThingPage kind="pool" name={name} list={list} query={pool}>
      {(data) => <PoolView key={data.id} pool={data} />}
    </ThingPage>
  );
}

function PoolView({ pool }: { pool: Pool }) {
  return (
    <div className="flex flex-col gap-5">
      <ThingHeader
        name={pool.name}
        list={list}
        lead={
          <>
            <span className="font-medium text-ink">
              <PoolDot pool={pool} />
            </span>
            <MadeFrom pool={pool} />
          </>
        }
        actions={<PoolActions pool={pool} />}
      />
      <PoolNotice pool={pool} />
      <Panel className="flex flex-col gap-5 px-4 py-4">
        <Places pool={pool} />
        <Figures pool={pool} all />
      </Panel>
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <Leases pool={pool} />
        <div className="grid items-start gap-5 sm:grid-cols-2 xl:grid-cols-1">
          <Panel title="Age of the spares">
            <div className="px-4 py-3">
              <SpareAges pool={pool} />
            </div>
          </Panel>
          <Settings pool={pool} />
        </div>
      </div>
    </div>
  );
}

function Settings({ pool }: { pool: Pool }) {
  const { machine } = pool;
  return (
    <Panel title="Settings">
      <dl className="divide-y px-4 py-1 text-sm">
        <Fact name="Spares">{pool.kind === "warm" ? "running" : "stopped"}</Fact>
        {pool.kind === "warm" && <Fact name="Ready when">{ladder.find(({ rung }) => rung === pool.readyWhen)?.label ?? pool.readyWhen}</Fact>}
        <Fact name="Kept ready">{pool.target}</Fact>
        <Fact name="Low below">{pool.min}</Fact>
        <Fact name="Machines at most">{pool.max}</Fact>
        <Fact name="Spares replaced after">{pool.maxAgeSeconds ? duration(pool.maxAgeSeconds * 1000) : "never"}</Fact>
        <Fact name="A lease lasts">{duration(pool.leaseSeconds * 1000)}</Fact>
        <Fact name="Longest lease">{duration(pool.leaseMaximumSeconds * 1000)}</Fact>
        {machine.memoryMiB && <Fact name="Memory">{memory(machine.memoryMiB)}</Fact>}
        {machine.cpus && <Fact name="CPUs">{machine.cpus}</Fact>}
        <Fact name="Owner">{pool.owner}</Fact>
        <Fact name="Created">
          <Ago at={pool.createdAt} />
        </Fact>
      </dl>
      <div className="px-4 pt-1 pb-3">
        <CopyLine text={`warren claim ${pool.name}`} label="Copy the warren command" prompt />
      </div>
    </Panel>
  );
}
