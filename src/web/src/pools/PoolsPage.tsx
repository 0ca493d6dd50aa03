import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Waves } from "lucide-react";
import { useState } from "react";
import type { Pool } from "../api/types";
import { Button } from "../layout/Button";
import { Empty, Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { CreatePool } from "./CreatePool";
import { Figures, Places } from "./Gauges";
import { PoolActions } from "./PoolActions";
import { MadeFrom, PoolDot, PoolNotice } from "./PoolState";
import { poolsQuery } from "./queries";

/** Machines kept ready, live. */
export function PoolsPage() {
  const pools = useQuery(poolsQuery);
  const [making, setMaking] = useState(false);
  const make = (
    <Button look="primary" icon={<Plus className="size-4" />} onClick={() => setMaking(true)}>
      Create pool
    </Button>
  );
  return (
    <PageFrame title="Pools" lead="Machines kept ready, so that whoever needs one has it at once." actions={pools.data && pools.data.length > 0 && make}>
      <Loaded query={pools}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<Waves />} title="No pools yet" action={make}>
              A pool launches machines ahead of time. A claim takes one of them for a while; when its time is over, the machine is deleted and a fresh one takes its place.
            </Empty>
          ) : (
            <ul className="grid gap-4 xl:grid-cols-2">
              {list.map((pool) => (
                <li key={pool.id} className="min-w-0">
                  <PoolCard pool={pool} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {making && <CreatePool onClose={() => setMaking(false)} />}
    </PageFrame>
  );
}

function PoolCard({ pool }: { pool: Pool }) {
  return (
    <Panel className="h-full">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-2.5">
        <div className="min-w-0 flex-1">
          <h2 className="flex flex-wrap items-center gap-x-3 gap-y-1 text-lg">
            <Link to="/pools/$name" params={{ name: pool.name }} className="truncate hover:underline hover:decoration-line-strong hover:underline-offset-3">
              {pool.name}
            </Link>
            <span className="text-sm font-medium">
              <PoolDot pool={pool} />
            </span>
          </h2>
          <p className="truncate text-sm text-soft">
            {pool.kind === "warm" ? "Running" : "Stopped"} spares from <MadeFrom pool={pool} />
          </p>
        </div>
        <PoolActions pool={pool} size="sm" />
      </header>
      <div className="flex flex-col gap-4 px-4 py-4">
        <PoolNotice pool={pool} />
        <Places pool={pool} />
        <Figures pool={pool} />
      </div>
    </Panel>
  );
}
