import type { Operation } from "../api/types";
import { verb } from "../layout/format";
import { hasEnded } from "./hasEnded";
import { useCancel, useOperation } from "./queries";

/** A thin bar of how far something has come; sweeping while that is not known. */
export function Bar({ value, label }: { value: number; label: string }) {
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={value > 0 ? value : undefined} className="relative h-1 w-full overflow-hidden rounded-full bg-line">
      {value > 0 ? (
        <div className="h-full rounded-full bg-accent transition-[width] duration-500" style={{ width: `${value}%` }} />
      ) : (
        <div className="h-full w-1/3 animate-sweep rounded-full bg-accent" />
      )}
    </div>
  );
}

/** The operation under way on a thing: what it does now and how far it is. Nothing once it has ended. */
export function InlineProgress({ id }: { id: string | null | undefined }) {
  const operation = useOperation(id);
  if (!operation || hasEnded(operation)) return null;
  return (
    <div className="w-full min-w-0">
      <p className="mb-1 flex justify-between gap-2 text-xs text-soft">
        <span className="truncate" title={sentence(operation)}>
          {sentence(operation)}
        </span>
        {operation.progress > 0 && <span className="tabular-nums">{operation.progress}%</span>}
      </p>
      <Bar value={operation.progress} label={sentence(operation)} />
    </div>
  );
}

/** The same with a button to cancel, for a page of its own. */
export function ProgressCard({ id }: { id: string | null | undefined }) {
  const operation = useOperation(id);
  const cancel = useCancel();
  if (!operation || hasEnded(operation)) return null;
  return (
    <div className="flex items-center gap-4 rounded-lg border border-accent/30 bg-accent-wash px-4 py-3">
      <div className="min-w-0 flex-1">
        <InlineProgress id={id} />
      </div>
      {operation.status !== "undoing" && (
        <button type="button" disabled={cancel.isPending} onClick={() => cancel.mutate(operation.id)} className="rounded-md px-2 py-1 text-sm font-medium text-soft hover:text-ink disabled:opacity-50">
          Cancel
        </button>
      )}
    </div>
  );
}

export function sentence(operation: Operation): string {
  if (operation.status === "undoing") return operation.message ?? "Undoing what was begun";
  return operation.message ?? `${verb(operation.kind)}: ${operation.step.replaceAll("-", " ")}`;
}
