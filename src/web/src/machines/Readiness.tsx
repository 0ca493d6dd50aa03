import { Check, TriangleAlert } from "lucide-react";
import type { Machine } from "../api/types";
import { duration } from "../layout/format";
import { ladder } from "./state";

/** How far the guest has come, in a few pixels: a stroke per rung and the name of the highest. */
export function ReadinessStrokes({ machine }: { machine: Machine }) {
  const { readiness } = machine;
  const reached = new Set(readiness.reached.map((one) => one.rung));
  const rungs = shown(readiness.remoteDesktop);
  const top = rungs.findLast(({ rung }) => reached.has(rung));
  const error = readiness.cloudInit === "error";
  if (machine.state !== "running" || !top) return <span className="hidden text-faint md:inline">–</span>;
  return (
    <span className="inline-flex items-center gap-2" title={error ? "cloud-init ended with errors" : top.means}>
      <span aria-hidden className="inline-flex items-end gap-0.5">
        {rungs.map(({ rung }, index) => (
          <span key={rung} style={{ height: `${5 + index * 2}px` }} className={`w-1 rounded-[1px] ${reached.has(rung) ? (error ? "bg-bad" : "bg-good") : "bg-line"}`} />
        ))}
      </span>
      <span className={error ? "text-bad" : ""}>{error ? "Errors" : top.label}</span>
    </span>
  );
}

/**
 * The readiness ladder as steps with the time each took since the machine was switched on.
 * `features` are the guest's, where known: rungs that it does not have are marked as such.
 */
export function ReadinessLadder({ machine, features }: { machine: Machine; features: readonly string[] | undefined }) {
  const { readiness } = machine;
  const at = new Map(readiness.reached.map((one) => [one.rung, Date.parse(one.at)]));
  const start = Math.min(...at.values());
  const on = machine.state === "running" || machine.state === "starting" || machine.state === "paused";
  const rungs = shown(readiness.remoteDesktop);
  const next = rungs.find(({ rung }) => !at.has(rung) && !lacks(rung, features))?.rung;
  return (
    <ol aria-label="Readiness" className={`grid ${rungs.length > 5 ? "grid-cols-6" : "grid-cols-5"}`}>
      {rungs.map(({ rung, label, means }, index) => {
        const when = at.get(rung);
        const missing = when === undefined && lacks(rung, features);
        const error = rung === "cloud-init" && readiness.cloudInit === "error";
        const waiting = on && rung === next;
        const seen = when !== undefined;
        return (
          <li key={rung} title={missing ? `This image has no ${label}` : means} className="relative flex flex-col items-center text-center">
            {index > 0 && <span className={`absolute top-2.5 right-1/2 mr-3.5 left-[-50%] ml-3.5 h-px ${seen ? "bg-good" : "bg-line-strong"} ${missing ? "opacity-40" : ""}`} />}
            <span
              className={`flex size-5 items-center justify-center rounded-full border text-card ${
                error ? "border-bad bg-bad" : seen ? "border-good bg-good" : waiting ? "animate-breathe border-accent bg-accent-wash" : "border-line-strong bg-card"
              } ${missing ? "opacity-40" : ""}`}
            >
              {error ? <TriangleAlert className="size-3" /> : seen && <Check className="size-3 stroke-3" />}
            </span>
            <span className={`mt-1.5 text-sm ${seen ? "font-medium" : "text-faint"}`}>{label}</span>
            <span className="h-4 text-xs text-faint tabular-nums">{seen ? (index === 0 ? "0 s" : `+${duration(when - start)}`) : missing ? "not in image" : waiting ? "waiting" : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** A remote desktop is a rung of those guests that have one. */
function shown(remoteDesktop: string | null | undefined) {
  return ladder.filter(({ rung }) => rung !== "remote-desktop" || remoteDesktop);
}

function lacks(rung: string, features: readonly string[] | undefined): boolean {
  if (!features || features.length === 0) return false;
  return (rung === "agent" || rung === "ssh" || rung === "cloud-init") && !features.includes(rung);
}
