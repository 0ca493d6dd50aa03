import type { Machine, Snapshot } from "../api/types";
import { EditWords } from "../layout/EditWords";
import { useEditSnapshot } from "./queries";

/** Renames or describes a snapshot; what it keeps stays as it is. */
export function EditSnapshot({ machine, snapshot, onClose }: { machine: Machine; snapshot: Snapshot; onClose: () => void }) {
  return <EditWords called={snapshot.name} old={{ name: snapshot.name, description: snapshot.description ?? "" }} saving={useEditSnapshot(machine, snapshot)} onClose={onClose} />;
}
