import type { Machine, Snapshot } from "../api/types";
import { Confirm } from "../layout/Confirm";
import { useDeleteSnapshot } from "./queries";

/** Asks before a point is forgotten, and says what is kept. */
export function DeleteSnapshot({ machine, snapshot, all, onClose }: { machine: Machine; snapshot: Snapshot; all: readonly Snapshot[]; onClose: () => void }) {
  const remove = useDeleteSnapshot(machine);
  const above = all.find(({ id }) => id === snapshot.parentId);
  const hanging = all.some(({ parentId }) => parentId === snapshot.id) || snapshot.current;
  return (
    <Confirm open onClose={onClose} title={`Delete ${snapshot.name}?`} action="Delete snapshot" onConfirm={() => remove.mutateAsync(snapshot.id)}>
      <div className="flex flex-col gap-2">
        <p className="font-medium text-ink">
          {machine.name} can no longer go back to this point{snapshot.memory ? ", and the memory that it keeps is gone" : ""}.
        </p>
        <p>
          Nothing else is lost: {machine.name} and its other snapshots keep all they hold.{above && hanging && ` What came after ${snapshot.name} then follows ${above.name}.`}
        </p>
      </div>
    </Confirm>
  );
}
