import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { GoldenImage } from "../api/types";
import { Button } from "../layout/Button";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { WordFields } from "../layout/Words";
import { useEditGolden } from "./queries";
import { reference } from "./words";

/** Renames or describes a golden image; what it holds stays as it is. */
export function EditGolden({ image, onClose }: { image: GoldenImage; onClose: () => void }) {
  const edit = useEditGolden(image);
  const [words, setWords] = useState({ name: image.name, description: image.description ?? "" });
  const errors = fieldErrors(edit.error);
  const name = words.name.trim();
  const description = words.description.trim();
  const wish = { ...(name !== image.name ? { name } : {}), ...(description !== (image.description ?? "") ? { description } : {}) };
  const set = (change: Partial<typeof words>) => {
    setWords((old) => ({ ...old, ...change }));
    if (edit.error) edit.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate(wish, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Rename or describe ${reference(image)}`} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {edit.error && !errors.name && !errors.description && <Notice tone="bad" {...explain(edit.error)} />}
          <WordFields words={words} errors={errors} onChange={set} hint={name === image.name ? "Lower-case letters, digits and hyphens." : `It becomes the next version of that name. Launches and pools that name ${image.name} do not find it any more.`} />
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
