import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Machine, Snapshot } from "../api/types";
import { Button } from "../layout/Button";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useEditSnapshot } from "./queries";
import { WordFields } from "../layout/Words";

/** Renames or describes a snapshot; what it keeps stays as it is. */
export function EditSnapshot({ machine, snapshot, onClose }: { machine: Machine; snapshot: Snapshot; onClose: () => void }) {
  const edit = useEditSnapshot(machine);
  const [words, setWords] = useState({ name: snapshot.name, description: snapshot.description ?? "" });
  const errors = fieldErrors(edit.error);
  const name = words.name.trim();
  const description = words.description.trim();
  const wish = { ...(name !== snapshot.name ? { name } : {}), ...(description !== (snapshot.description ?? "") ? { description } : {}) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate({ id: snapshot.id, ...wish }, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Rename or describe ${snapshot.name}`} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {edit.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(edit.error)} />}
          <WordFields words={words} errors={errors} onChange={(change) => setWords((old) => ({ ...old, ...change }))} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={edit.isPending} disabled={!name || Object.keys(wish).length === 0}>
            Save
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
