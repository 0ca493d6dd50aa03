import { Bot, ChevronRight, Cog, Link2, UserRound, UserX } from "lucide-react";
import type { AuditEntry } from "../api/types";
import { Ago } from "../layout/Ago";
import { Fact } from "../layout/Fact";
import { doneOf, fieldsOf, subjectOf, whoOf } from "./words";

const icons = {
  person: <UserRound className="size-4" />,
  service: <Bot className="size-4" />,
  share: <Link2 className="size-4" />,
  system: <Cog className="size-4" />,
  nobody: <UserX className="size-4" />,
};
const inks = { ok: "text-good", refused: "text-accent", failed: "text-bad" };

/** One entry: a line that opens to all of its fields. */
export function EntryRow({ entry }: { entry: AuditEntry }) {
  const subject = subjectOf(entry);
  return (
    <li className="rows-later">
      <details className="group">
        <summary className="flex cursor-pointer list-none items-start gap-3 px-4 py-2.5 hover:bg-well/60 [&::-webkit-details-marker]:hidden">
          <ChevronRight className="mt-0.5 size-4 shrink-0 text-faint transition-transform group-open:rotate-90" />
          <span className="mt-0.5 hidden shrink-0 text-faint sm:block" title={entry.actor}>
            {icons[entry.actor]}
          </span>
          <div className="min-w-0 flex-1">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-medium">{doneOf(entry.action)}</span>
              {subject && (
                <span className="min-w-0 truncate text-soft">{subject}</span>
              )}
              <span className={`text-xs ${inks[entry.result]}`}>{entry.problem ? `${entry.result}: ${entry.problem}` : entry.result}</span>
            </p>
            <p className="truncate text-xs text-faint">
              {whoOf(entry)}
              {entry.address && ` · ${entry.address}`}
              {entry.project && ` · in ${entry.project}`}
            </p>
          </div>
          <span className="shrink-0 text-right text-xs text-faint tabular-nums">
            <Ago at={entry.at} />
            <span className="block">{entry.seq}</span>
          </span>
        </summary>
        <dl className="grid border-t bg-well/40 px-4 py-2 text-sm md:grid-cols-2 md:gap-x-10 md:pl-11">
          {fieldsOf(entry).map(([name, value]) => (
            <Fact key={name} name={name}>
              {name.startsWith("Hash") ? <code className="font-mono text-xs">{value}</code> : value}
            </Fact>
          ))}
        </dl>
      </details>
    </li>
  );
}
