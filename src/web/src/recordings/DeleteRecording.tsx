import type { Recording } from "../api/types";
import { Confirm } from "../layout/Confirm";
import { bytes } from "../layout/format";
import { useDeleteRecording } from "./queries";
import { clock } from "./time";

/** Asks before a recording is gone. */
export function DeleteRecording({ recording, onClose, onDeleted }: { recording: Recording; onClose: () => void; onDeleted?: () => void }) {
  const remove = useDeleteRecording();
  const confirm = async () => {
    await remove.mutateAsync(recording);
    onDeleted?.();
  };
  return (
    <Confirm open onClose={onClose} title="Delete this recording?" action="Delete recording" onConfirm={confirm}>
      <p>
        {clock(recording.durationSeconds)} of the screen of {recording.machineName} are lost, and {bytes(recording.bytes)} are freed. The machine is not touched.
      </p>
    </Confirm>
  );
}
