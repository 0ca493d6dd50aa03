import { Link } from "@tanstack/react-router";
import { Clock, Undo2 } from "lucide-react";
import { useState } from "react";
import type { Lease, Pool } from "../api/types";
import { Ago, useNow } from "../layout/Ago";
import { Button } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { duration } from "../layout/format";
import { Renew } from "./Renew";
import { useRelease } from "./queries";
import { wait } from "./words";

/** One lease: whose, for how long, and what can be done with it. */
export function LeaseRow({ lease, pool }: { lease: Lease; pool: Pool }) {
  const release = useRelease(lease);
  const [asking, setAsking] = useState<"renew" | "release">();
  const { machineName, holder, endedAt } = lease;
  return (
    <li className="rows-later flex flex-wrap items-center gap-x-5 gap-y-2 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-48">
        {endedAt ? (
          <p className="truncate font-semibold">{machineName}</p>
        ) : (
          <Link to="/machines/$name" params={{ name: machineName }} className="block truncate font-semibold hover:underline hover:decoration-line-strong hover:underline-offset-3">
            {machineName}
          </Link>
        )}
        <p className="truncate text-xs text-faint">
          {holder} · on {lease.host} · claimed <Ago at={lease.claimedAt} /> after {wait(lease.waitedMs)}
        </p>
      </div>
      {endedAt ? (
        <p className="text-sm text-soft">
          {lease.end === "expired" ? "Its time was over" : "Given back"} <Ago at={endedAt} />
        </p>
      ) : (
        <>
          <TimeLeft lease={lease} />
          <div className="flex items-center gap-1.5">
            <Button size="sm" aria-label={`Renew ${machineName}`} icon={<Clock className="size-3.5" />} onClick={() => setAsking("renew")}>
              Renew
            </Button>
            <Button size="sm" look="quiet" aria-label={`Release ${machineName}`} icon={<Undo2 className="size-3.5" />} onClick={() => setAsking("release")}>
              Release
            </Button>
          </div>
        </>
      )}
      {asking === "renew" && <Renew lease={lease} pool={pool} onClose={() => setAsking(undefined)} />}
      <Confirm open={asking === "release"} title={`Release ${machineName}?`} action="Release" onClose={() => setAsking(undefined)} onConfirm={() => release.mutateAsync()}>
        <p>The machine is deleted with all it holds, and never used again. There is no way back.</p>
      </Confirm>
    </li>
  );
}

/** What is left of a lease's time, of all that it has. */
function TimeLeft({ lease }: { lease: Lease }) {
  const now = useNow();
  const whole = Math.max(1, Date.parse(lease.expiresAt) - Date.parse(lease.claimedAt));
  // The page's clock moves in steps, and may be behind the claim.
  const left = Math.min(whole, Math.max(0, Date.parse(lease.expiresAt) - now));
  const soon = left < 5 * 60_000;
  return (
    <div className="w-32 shrink-0" title={new Date(lease.expiresAt).toLocaleString()}>
      <p className={`mb-1 text-sm tabular-nums ${soon ? "text-accent" : ""}`}>{left > 0 ? `${duration(left)} left` : "Its time is over"}</p>
      <div className="h-1 overflow-hidden rounded-full bg-well">
        <div className={`h-full rounded-full ${soon ? "bg-accent" : "bg-calm"}`} style={{ width: `${Math.min(100, (left / whole) * 100)}%` }} />
      </div>
    </div>
  );
}
