import type { MachineState } from "../api/types";
import { toneOf } from "./state";

const dots = {
  good: "bg-good",
  busy: "bg-accent animate-breathe",
  off: "bg-line-strong",
  calm: "bg-calm",
  bad: "bg-bad",
  unknown: "border-2 border-dashed border-faint",
};

/** A machine's state: a dot, and the word for those who do not see the colour. */
export function StateDot({ state, className = "" }: { state: MachineState; className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2 ${className}`}>
      <span className={`size-2 shrink-0 rounded-full ${dots[toneOf(state)]}`} />
      <span className="first-letter:uppercase">{state}</span>
    </span>
  );
}
