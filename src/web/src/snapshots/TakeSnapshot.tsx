import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import { Tick } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useTakeSnapshot } from "./queries";
import { WordFields } from "../layout/Words";

/** Keeps what a machine holds now. */
export function TakeSnapshot({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const take = useTakeSnapshot(machine);
  const [words, setWords] = useState({ name: "", description: "" });
  const on = machine.state === "running" || machine.state === "paused";
  const [memory, setMemory] = useState(false);
  const errors = fieldErrors(take.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = words.name.trim();
    const description = words.description.trim();
    take.mutate({ memory: memory && on, ...(name ? { name } : {}), ...(description ? { description } : {}) }, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Take a snapshot of ${machine.name}`} description="It keeps what its disks hold at this moment." width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {take.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(take.error)} />}
          <WordFields words={words} errors={errors} placeholder="the time when empty" onChange={(change) => setWords((old) => ({ ...old, ...change }))} />
          <Tick
            label="Keep its memory too"
            hint={on ? "Whoever goes back lets it run on from this moment. Takes longer and more room." : "It is off and has no memory to keep."}
            checked={memory && on}
            disabled={!on}
            onChange={(event) => setMemory(event.target.checked)}
          />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={take.isPending}>
            Take snapshot
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
