import { Ban, CircleAlert, CircleCheck, Clock, LoaderCircle, Undo2 } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { Operation } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { duration, verb } from "../layout/format";
import { Bar, sentence } from "./Progress";
import { hasEnded } from "./hasEnded";
import { useCancel } from "./queries";

const icons = {
  pending: <Clock className="size-4 text-faint" />,
  running: <LoaderCircle className="size-4 animate-spin text-accent" />,
  undoing: <Undo2 className="size-4 text-accent" />,
  succeeded: <CircleCheck className="size-4 text-good" />,
  failed: <CircleAlert className="size-4 text-bad" />,
  cancelled: <Ban className="size-4 text-faint" />,
};

/** One operation in a list. */
export function OperationRow({ operation, subject = true }: { operation: Operation; subject?: boolean }) {
  const cancel = useCancel();
  const ended = hasEnded(operation);
  return (
    <li className="rows-later flex gap-3 px-4 py-2.5">
      <span className="mt-0.5 shrink-0" title={operation.status}>
        {icons[operation.status]}
        <span className="sr-only">{operation.status}</span>
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{verb(operation.kind)}</span>
          {subject && (operation.subjectKind === "machine" ? (
            <Link to="/machines/$name" params={{ name: operation.subjectName }} className="truncate underline decoration-line-strong underline-offset-3 hover:decoration-ink">
              {operation.subjectName}
            </Link>
          ) : (
            <span className="truncate">{operation.subjectName}</span>
          ))}
          <span className="ml-auto text-xs text-faint tabular-nums">
            {operation.endedAt && <span>{duration(Date.parse(operation.endedAt) - Date.parse(operation.createdAt))} · </span>}
            <Ago at={operation.createdAt} />
          </span>
        </div>
        {!ended && (
          <div className="mt-1.5 flex items-center gap-3">
            <div className="min-w-0 flex-1">
              <p className="mb-1 flex justify-between gap-3 text-sm text-soft">
                <span className="truncate">{sentence(operation)}</span>
                <span className="tabular-nums">{operation.progress}%</span>
              </p>
              <Bar value={operation.progress} label={sentence(operation)} />
            </div>
            {operation.status !== "undoing" && (
              <Button size="sm" look="quiet" busy={cancel.isPending} onClick={() => cancel.mutate(operation.id)}>
                Cancel
              </Button>
            )}
          </div>
        )}
        {operation.problem && (
          <p className={`mt-0.5 text-sm wrap-anywhere ${operation.status === "failed" ? "text-bad" : "text-soft"}`}>
            {operation.problem.title}
            {operation.problem.detail && operation.problem.detail !== operation.problem.title && <span className="text-soft">: {operation.problem.detail}</span>}
          </p>
        )}
      </div>
    </li>
  );
}
