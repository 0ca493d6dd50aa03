import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import { Button } from "./Button";
import { Modal, ModalActions, ModalBody } from "./Modal";
import { Notice } from "./Notice";
import { WordFields, type Words } from "./Words";

/** What the dialog needs of the call that saves: the answer's mistakes, and how to ask and to start over. */
type Saving = { error: unknown; isPending: boolean; reset: () => void; mutate: (wish: Partial<Words>, then: { onSuccess: () => void }) => void };

/** Asks for another name or description of a thing, and saves only what was changed. */
export function EditWords({ called, old, saving, hint, onClose }: { called: string; old: Words; saving: Saving; hint?: (name: string) => string; onClose: () => void }) {
  const [words, setWords] = useState(old);
  const errors = fieldErrors(saving.error);
  const name = words.name.trim();
  const description = words.description.trim();
  const wish = { ...(name !== old.name ? { name } : {}), ...(description !== old.description ? { description } : {}) };
  const set = (change: Partial<Words>) => {
    setWords((before) => ({ ...before, ...change }));
    if (saving.error) saving.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate(wish, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Rename or describe ${called}`} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {Boolean(saving.error) && !errors.name && !errors.description && <Notice tone="bad" {...explain(saving.error)} />}
          <WordFields words={words} errors={errors} onChange={set} hint={hint?.(name)} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={saving.isPending} disabled={!name || Object.keys(wish).length === 0}>
            Save
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
