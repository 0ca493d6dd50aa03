import type { ReactNode } from "react";
import type { Host, HostState } from "../api/types";
import { Ago } from "../layout/Ago";
import { Notice } from "../layout/Notice";
import { meaning, word } from "./state";

// The shapes differ as well, for those who do not see the colours.
const dots: Record<HostState, string> = {
  online: "bg-good",
  pending: "bg-accent animate-breathe",
  degraded: "border-2 border-accent",
  refused: "bg-bad",
  unreachable: "border-2 border-bad",
};

/** A host's state: a dot and its word. */
export function HostDot({ state, className = "" }: { state: HostState; className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2 ${className}`}>
      <span className={`size-2 shrink-0 rounded-full ${dots[state]}`} />
      <span className="whitespace-nowrap">{word(state)}</span>
    </span>
  );
}

/** Why a host is not online: what was tried, what that showed, what to do. Nothing while all is well. */
export function StatusNotice({ host, actions }: { host: Host; actions?: ReactNode }) {
  const { state, since, tried, reason, remedy } = host.status;
  if (state === "online") return null;
  const tone = state === "pending" ? "info" : state === "degraded" ? "warn" : "bad";
  return (
    <Notice tone={tone} title={meaning(state)}>
      <dl className="mt-1.5 grid gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[6.5rem_minmax(0,1fr)]">
        <Line name="Tried">{tried}</Line>
        {reason && <Line name="What happened">{reason}</Line>}
        {remedy && <Line name="What to do">{remedy}</Line>}
        {since && state !== "pending" && (
          <Line name="Since">
            <Ago at={since} />
          </Line>
        )}
      </dl>
      {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
    </Notice>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-faint max-sm:-mb-1.5">{name}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  );
}
