import type { Machine, Snapshot } from "../api/types";
import { Ago } from "../layout/Ago";
import { Confirm } from "../layout/Confirm";
import { losses } from "./losses";
import { useRestoreSnapshot } from "./queries";

/** Asks before a machine goes back, and says what that costs. */
export function RestoreSnapshot({ machine, snapshot, all, onClose }: { machine: Machine; snapshot: Snapshot; all: readonly Snapshot[]; onClose: () => void }) {
  const restore = useRestoreSnapshot(machine);
  const { lost, then } = losses(machine, snapshot, all);
  return (
    <Confirm open onClose={onClose} title={`Restore ${snapshot.name}?`} action={`Restore ${snapshot.name}`} onConfirm={() => restore.mutateAsync(snapshot.id)}>
      <div className="flex flex-col gap-2">
        <p>
          {machine.name} goes back to what it was when {snapshot.name} was taken (<Ago at={snapshot.createdAt} />).
        </p>
        <p className="font-medium text-ink">{lost}</p>
        <p>{then}</p>
        <p>All snapshots stay. To keep what it holds now, take another one first.</p>
      </div>
    </Confirm>
  );
}
