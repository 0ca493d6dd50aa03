import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { fieldErrors } from "../api/problem";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import { TextField, Tick } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Refusal } from "../limits/Refusal";
import { useClone } from "./queries";

/** Makes a new machine from the disks of a stopped one. */
export function Clone({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const navigate = useNavigate();
  const clone = useClone(machine);
  const [name, setName] = useState(`${machine.name.slice(0, 58)}-copy`);
  const [start, setStart] = useState(true);
  const [full, setFull] = useState(false);
  const errors = fieldErrors(clone.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const operation = await clone.mutateAsync({ start, full, ...(name.trim() ? { name: name.trim() } : {}) });
      onClose();
      await navigate({ to: "/machines/$name", params: { name: operation.subjectName } });
    } catch {
      // Shown in the form.
    }
  };
  return (
    <Modal open onClose={onClose} title={`Clone ${machine.name}`} description={`A new machine on ${machine.host} with copies of its disks, and a name and an address of its own.`} width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {clone.error && !errors.name && <Refusal error={clone.error} />}
          <TextField label="Name" autoCapitalize="none" errors={errors.name} value={name} onChange={(event) => setName(event.target.value)} placeholder="made up when empty" />
          <Tick label="Copy the disks whole" hint={`Takes longer and more room, and shares nothing with ${machine.name}.`} checked={full} onChange={(event) => setFull(event.target.checked)} />
          <Tick label="Start at once" hint="Otherwise it is made and stays off." checked={start} onChange={(event) => setStart(event.target.checked)} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={clone.isPending}>
            Clone
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
