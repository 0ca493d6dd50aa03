import { ChevronRight } from "lucide-react";
import type { Placement } from "../api/types";

type Verdict = Placement["hosts"][number];

/** What hosts say to a machine that is not on them. */
export function Verdicts({ hosts, open = false }: { hosts: Verdict[]; open?: boolean }) {
  if (hosts.length === 0) return null;
  const list = (
    <ul className="mt-1 flex flex-col gap-1 text-sm text-soft">
      {hosts.map(({ host, fits, reasons }) => (
        <li key={host} className="wrap-anywhere">
          <span className="font-medium text-ink">{host}</span> {reasons.length > 0 ? reasons.join("; ") : fits ? "would take it" : "does not take it"}
        </li>
      ))}
    </ul>
  );
  if (open) return list;
  return (
    <details className="group mt-1">
      <summary className="flex list-none items-center gap-1 text-xs text-faint hover:text-ink">
        <ChevronRight className="size-3.5 transition-transform group-open:rotate-90" />
        {hosts.length === 1 ? "Why not the other host" : `Why not the other ${hosts.length} hosts`}
      </summary>
      {list}
    </details>
  );
}
