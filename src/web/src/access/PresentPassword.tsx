import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";

/** A browser that was left open lets nobody else in: whoever sets that up knows the password. */
export function PresentPassword({ title, name, error, busy, onClose, onSubmit }: { title: string; name: string; error: unknown; busy: boolean; onClose: () => void; onSubmit: (current: string) => void }) {
  const [current, setCurrent] = useState("");
  const errors = fieldErrors(error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(current);
  };
  return (
    <Modal open onClose={onClose} title={title} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {error != null && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(error)} />}
          <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
          <TextField label="Your password" type="password" autoComplete="current-password" autoFocus value={current} onChange={(event) => setCurrent(event.target.value)} errors={errors.current} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={!current}>
            Go on
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
