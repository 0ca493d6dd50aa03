import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { entries } from "../api/pages";
import type { Pool } from "../api/types";
import { Choice } from "../layout/Choice";
import { MoreRows } from "../layout/MoreRows";
import { Loaded, Panel } from "../layout/PageFrame";
import { LeaseRow } from "./LeaseRow";
import { leasesQuery } from "./queries";

const which = [["lent", "Lent now"], ["ended", "Ended"]] as const;

/** Who has a machine of the pool, and for how long; or who had one. */
export function Leases({ pool }: { pool: Pool }) {
  const [shown, setShown] = useState<"lent" | "ended">("lent");
  const ended = shown === "ended";
  const leases = useInfiniteQuery(leasesQuery(pool.name, ended));
  return (
    <Panel title="Leases" aside={<Choice label="Which leases" options={which} value={shown} onChange={setShown} />}>
      <div className={leases.data ? "" : "p-4"}>
        <Loaded query={leases}>
          {(data) =>
            entries(data).length === 0 ? (
              <p className="px-4 py-6 text-center text-sm text-soft">{ended ? "No lease has ended yet." : "Nothing is lent. A claim takes a spare for a while."}</p>
            ) : (
              <>
                <ul aria-label={ended ? "Leases that have ended" : "Leases"} className="divide-y">
                  {entries(data).map((lease) => (
                    <LeaseRow key={lease.id} lease={lease} pool={pool} />
                  ))}
                </ul>
                <MoreRows more={leases.hasNextPage} busy={leases.isFetchingNextPage} onMore={() => void leases.fetchNextPage()} />
              </>
            )
          }
        </Loaded>
      </div>
    </Panel>
  );
}
