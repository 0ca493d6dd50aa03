import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { UserRole } from "../api/types";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { SelectField, TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useCreateUser } from "./queries";
import { rolesToGive } from "./roles";
import { sessionQuery } from "./session";

/** Adds a person, whom a one-time link lets in first, or a service account. */
export function AddUser({ onClose }: { onClose: () => void }) {
  const create = useCreateUser();
  const me = useQuery(sessionQuery).data;
  const [kind, setKind] = useState<"person" | "service">("person");
  const [name, setName] = useState("");
  const [role, setRole] = useState<UserRole>("member");
  const errors = fieldErrors(create.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await create.mutateAsync({ name, kind, role }).catch(() => undefined)) onClose();
  };
  return (
    <Modal open onClose={onClose} title="Add user" width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          <Choice label="Kind" value={kind} onChange={setKind} options={[["person", "Person"], ["service", "Service account"]]} />
          {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
          <TextField label="Name" autoFocus autoCapitalize="none" value={name} onChange={(event) => setName(event.target.value)} errors={errors.name} hint={kind === "person" ? "They get in by a one-time link that you make for them, and set a password then." : "Has tokens, and neither password nor browser."} />
          <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value as UserRole)} options={rolesToGive(me?.role)} errors={errors.role} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={!name}>
            Add
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
