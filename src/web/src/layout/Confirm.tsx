import { useState, type ReactNode } from "react";
import { explain } from "../api/problem";
import { Button } from "./Button";
import { Modal, ModalActions, ModalBody } from "./Modal";
import { Notice } from "./Notice";

/** Asks before something that cannot be taken back; stays open and says why when it is refused. */
export function Confirm(props: { open: boolean; title: string; action: string; disabled?: boolean; onConfirm: () => Promise<unknown>; onClose: () => void; children: ReactNode }) {
  const { open, title, action, disabled = false, onConfirm, onClose, children } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const close = () => {
    setError(undefined);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      close();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal open={open} onClose={close} title={title} width="sm">
      <ModalBody>
        <div className="text-soft">{children}</div>
        {error !== undefined && <Notice tone="bad" {...explain(error)} />}
      </ModalBody>
      <ModalActions>
        <Button onClick={close}>Cancel</Button>
        <Button look="danger" busy={busy} disabled={disabled} onClick={() => void confirm()}>
          {action}
        </Button>
      </ModalActions>
    </Modal>
  );
}
