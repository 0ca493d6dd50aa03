import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Host, HostMachine } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useAdopt } from "./resources";

/** Asks before a machine that was made elsewhere comes into Warren's care. */
export function Adopt({ host, machine, onClose }: { host: Host; machine: HostMachine; onClose: () => void }) {
  const navigate = useNavigate();
  const adopt = useAdopt(host.name);
  const [name, setName] = useState("");
  const errors = fieldErrors(adopt.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const operation = await adopt.mutateAsync({ nativeName: machine.nativeName, name: name.trim() });
      await navigate({ to: "/machines/$name", params: { name: operation.subjectName } });
    } catch {
      // Shown above the form.
    }
  };
  return (
    <Modal open onClose={onClose} title={`Adopt ${machine.nativeName}?`} description={`It is on ${host.name} and was not made by Warren.`}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {adopt.error && !errors.name && <Notice tone="bad" {...explain(adopt.error)} />}
          <div className="grid gap-4 sm:grid-cols-2">
            <List title="What changes">
              <li>It carries Warren's ownership mark on its host.</li>
              <li>It is listed among your machines and counts towards this host's memory.</li>
              <li>It can be started, stopped and deleted from here. Deleting it here removes it there.</li>
            </List>
            <List title="What does not">
              <li>It runs on: nothing is restarted.</li>
              <li>Its disks, memory, network and everything within the guest stay as they are.</li>
              <li>No SSH key or agent is put into it.</li>
            </List>
          </div>
          <TextField label="Name here" errors={errors.name} autoCapitalize="none" value={name} onChange={(event) => setName(event.target.value)} placeholder="made from its name there" hint="Lower-case letters, digits and hyphens." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={adopt.isPending}>
            Adopt machine
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}

function List({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <p className="mb-1 font-medium">{title}</p>
      <ul className="flex list-disc flex-col gap-1 pl-4 text-sm text-soft">{children}</ul>
    </div>
  );
}
