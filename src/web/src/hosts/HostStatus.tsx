import type { ReactNode } from "react";
import type { Host, HostState } from "../api/types";
import { useNow } from "../layout/Ago";
import { ago } from "../layout/format";
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
export function StatusNotice({ host }: { host: Host }) {
  const { state, tried, reason, remedy } = host.status;
  if (state === "online") return null;
  const tone = state === "pending" ? "info" : state === "degraded" ? "warn" : "bad";
  return (
    <Notice tone={tone} title={meaning(state)}>
      <dl className="mt-1.5 grid gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[6.5rem_minmax(0,1fr)]">
        <Line name="Tried">{tried}</Line>
        {reason && <Line name="What happened">{reason}</Line>}
        {remedy && <Line name="What to do">{spans(remedy)}</Line>}
      </dl>
    </Notice>
  );
}

/** How long a host has been in its state. */
export function Since({ at }: { at: string }) {
  const text = ago(at, useNow());
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="whitespace-nowrap text-faint">
      {text === "now" ? "just now" : `for ${text.replace(/ ago$/, "")}`}
    </time>
  );
}

/** Commands within a text, as the server marks them. */
function spans(text: string): ReactNode {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index} className="rounded bg-card/70 px-1 font-mono text-xs">{part}</code> : part));
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-faint max-sm:-mb-1.5">{name}</dt>
      <dd className="wrap-anywhere first-letter:uppercase">{children}</dd>
    </div>
  );
}
