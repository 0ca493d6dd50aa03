import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { UserRole } from "../api/types";
import { Button } from "../layout/Button";
import { CopyLine } from "../layout/CopyButton";
import { SelectField, TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useInvite } from "./queries";
import { rolesToGive } from "./roles";
import { sessionQuery } from "./session";

/** Makes a link that lets somebody sign up, and shows it once. */
export function Invite({ onClose }: { onClose: () => void }) {
  const invite = useInvite();
  const me = useQuery(sessionQuery).data;
  const [role, setRole] = useState<UserRole>("member");
  const [note, setNote] = useState("");
  const [days, setDays] = useState("7");
  const errors = fieldErrors(invite.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ role, days: Number(days), ...(note.trim() ? { note: note.trim() } : {}) });
  };

  if (invite.data)
    return (
      <Modal open onClose={onClose} title="The invitation" width="sm">
        <ModalBody>
          <Notice tone="warn" title="Send this link to one person" detail="Whoever opens it first can sign up, once. It is not shown again." />
          <CopyLine text={invite.data.url} label="Copy the link" />
        </ModalBody>
        <ModalActions>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </ModalActions>
      </Modal>
    );

  return (
    <Modal open onClose={onClose} title="Invite" width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {invite.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(invite.error)} />}
          <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value as UserRole)} options={rolesToGive(me?.role)} errors={errors.role} />
          <TextField label="Note" aside="optional" value={note} onChange={(event) => setNote(event.target.value)} errors={errors.note} hint="Whom or what it is for; shown to administrators." />
          <TextField label="Days" inputMode="numeric" value={days} onChange={(event) => setDays(event.target.value)} errors={errors.days} hint="1 to 30, until it stops working." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={invite.isPending}>
            Make invitation
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
