import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Pool } from "../api/types";
import { Figure } from "../hosts/Gauge";
import { useNow } from "../layout/Ago";
import { duration } from "../layout/format";
import { poolsQuery } from "./queries";
import { percent, room, wait } from "./words";

/** More machines than this are drawn as lengths, not one by one. */
const single = 60;

const parts = [
  { of: "spares", word: "ready", look: "bg-good" },
  { of: "filling", word: "filling", look: "bg-accent animate-breathe" },
  { of: "lent", word: "lent", look: "bg-calm" },
  { of: "leaving", word: "leaving", look: "bg-line-strong" },
] as const;

/** Where all machines are that the pool may have: each a cell while they are few. */
export function Places({ pool }: { pool: Pool }) {
  const free = room(pool);
  const shown = parts.filter(({ of }) => pool[of] > 0);
  const said = [...shown.map(({ of, word }) => `${pool[of]} ${word}`), `${free} free`];
  const cells = pool.max <= single;
  return (
    <div>
      <div role="img" aria-label={`${said.join(", ")}, of ${pool.max} at most`} className={`flex h-3.5 ${cells ? (pool.max > 24 ? "gap-px" : "gap-1") : "overflow-hidden rounded"}`}>
        {cells ? (
          <>
            {shown.flatMap(({ of, look }) => Array.from({ length: pool[of] }, (_, index) => <span key={`${of}${index}`} className={`min-w-0 flex-1 rounded-[3px] ${look}`} />))}
            {Array.from({ length: free }, (_, index) => (
              <span key={index} className="min-w-0 flex-1 rounded-[3px] bg-well" />
            ))}
          </>
        ) : (
          <>
            {shown.map(({ of, look }) => (
              <span key={of} className={look} style={{ flexGrow: pool[of], flexBasis: 0 }} />
            ))}
            <span className="bg-well" style={{ flexGrow: free, flexBasis: 0 }} />
          </>
        )}
      </div>
      <ul aria-hidden className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
        {shown.map(({ of, word, look }) => (
          <Key key={of} look={look}>
            {pool[of]} {word}
          </Key>
        ))}
        <Key look="bg-well border border-line-strong">
          {free} free of {pool.max}
        </Key>
      </ul>
    </div>
  );
}

function Key({ look, children }: { look: string; children: ReactNode }) {
  return (
    <li className="flex items-center gap-1.5 tabular-nums">
      <span className={`size-2 rounded-[2px] ${look}`} />
      {children}
    </li>
  );
}

/** What a claim meets: spares, others in line, and how claims have fared. */
export function Figures({ pool, all = false }: { pool: Pool; all?: boolean }) {
  const { statistics } = pool;
  const low = pool.state === "active" && pool.spares < pool.min;
  return (
    <div className="flex flex-wrap gap-x-8 gap-y-3">
      <Figure name="Spares">
        <span className={low ? "text-bad" : ""}>{pool.spares}</span>
        <span className="font-normal text-faint"> of {pool.target}</span>
      </Figure>
      {all && <Figure name="Filling">{pool.filling}</Figure>}
      <Figure name="Lent">{pool.lent}</Figure>
      <Figure name="Waiting">
        <span className={pool.waiting > 0 ? "text-accent" : ""}>{pool.waiting}</span>
      </Figure>
      <Figure name="Hit rate">{percent(statistics.hitRate)}</Figure>
      <Figure name="Wait p50">{wait(statistics.waitP50Ms)}</Figure>
      <Figure name="Wait p99">{wait(statistics.waitP99Ms)}</Figure>
      {all && <Figure name="Until a spare is ready">{wait(statistics.fillMs)}</Figure>}
      {all && (
        <Figure name="Claims">
          {statistics.hits + statistics.misses}
          {statistics.refused > 0 && <span className="font-normal text-faint"> · {statistics.refused} got none</span>}
        </Figure>
      )}
    </div>
  );
}

/** How long each spare has been ready, oldest first, against the age at which it is replaced. */
export function SpareAges({ pool }: { pool: Pool }) {
  const now = useNow();
  const readAt = useQuery(poolsQuery).dataUpdatedAt;
  const ages = pool.statistics.spareAges.map((age) => age + Math.max(0, Math.round((now - readAt) / 1000)));
  if (ages.length === 0) return <p className="text-sm text-soft">There is no spare at the moment.</p>;
  const whole = pool.maxAgeSeconds ?? Math.max(60, ...ages);
  const width = 100 / Math.max(12, ages.length);
  const [oldest = 0, youngest = 0] = [ages[0], ages.at(-1)];
  return (
    <figure>
      <svg viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={`Ages of ${ages.length} spares, oldest ${duration(oldest * 1000)}`} className="h-16 w-full border-b">
        {ages.map((age, index) => {
          const height = Math.max(1, Math.min(1, age / whole) * 24);
          return (
            <rect key={index} x={index * width} y={24 - height} width={width * 0.78} height={height} className={pool.maxAgeSeconds && age / whole > 0.9 ? "fill-accent" : "fill-good"}>
              <title>{duration(age * 1000)}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption className="mt-1.5 flex flex-wrap justify-between gap-x-4 text-xs text-faint tabular-nums">
        <span>{ages.length === 1 ? `Ready for ${duration(oldest * 1000)}` : `Oldest ${duration(oldest * 1000)}, youngest ${duration(youngest * 1000)}`}</span>
        <span>{pool.maxAgeSeconds ? `replaced after ${duration(pool.maxAgeSeconds * 1000)}` : "never replaced for its age"}</span>
      </figcaption>
    </figure>
  );
}
