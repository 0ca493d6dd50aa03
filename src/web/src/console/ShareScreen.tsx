import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Machine, Share } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { CopyLine } from "../layout/CopyButton";
import { SelectField, TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { toastError } from "../layout/toasts";
import { People } from "./People";
import { sharesQuery, useCreateShare, useEndShare } from "./queries";
import type { Role } from "./room";

const times = [["3600", "an hour"], ["28800", "8 hours"], ["86400", "a day"], ["604800", "a week"], ["2592000", "30 days"]] as const;

/** Shares a machine with users of this server, or its screen by links. */
export function ShareScreen({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const [way, setWay] = useState<"link" | "people">("link");
  return (
    <Modal
      open
      onClose={onClose}
      title={`Share ${machine.name}`}
      description={way === "link" ? "Whoever has the link sees the screen, without an account and nothing else." : "They find the machine among their own, without being in its project."}
      width="sm"
    >
      <div className="px-5 pt-4">
        <Choice label="How" options={[["link", "By a link"], ["people", "With people"]]} value={way} onChange={setWay} />
      </div>
      {way === "link" ? <ByLink machine={machine} onClose={onClose} /> : <People machine={machine} onClose={onClose} />}
    </Modal>
  );
}

function ByLink({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const create = useCreateShare(machine.id);
  const [role, setRole] = useState<Role>("view");
  const [seconds, setSeconds] = useState("86400");
  const [name, setName] = useState("");
  const errors = fieldErrors(create.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ role, expiresInSeconds: Number(seconds), ...(name.trim() ? { name: name.trim() } : {}) });
  };
  return (
    <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <ModalBody>
        {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
        {create.data ? (
          <div className="flex flex-col gap-1.5">
            <p className="text-sm font-medium">The link. It is shown here once.</p>
            <CopyLine text={create.data.url} label="Copy the link" />
            <p className="text-xs text-faint">
              {create.data.share.role === "view" ? "Whoever has it looks on, and can ask you for the control." : "Whoever has it controls the machine."} It works until {new Date(create.data.share.expiresAt).toLocaleString()}.
            </p>
          </div>
        ) : (
          <>
            <div className="flex flex-col gap-1">
              <p className="text-sm font-medium">Whoever has the link</p>
              <Choice label="Whoever has the link" options={[["view", "looks on"], ["control", "controls the machine"]]} value={role} onChange={setRole} />
            </div>
            <SelectField label="It works for" options={times} value={seconds} errors={errors.expiresInSeconds} onChange={(event) => setSeconds(event.target.value)} />
            <TextField label="For whom" hint="So that you know later which link to end." value={name} maxLength={63} errors={errors.name} onChange={(event) => setName(event.target.value)} />
          </>
        )}
        <Links machine={machine} />
      </ModalBody>
      <ModalActions>
        <Button onClick={onClose}>{create.data ? "Done" : "Cancel"}</Button>
        {!create.data && (
          <Button type="submit" look="primary" busy={create.isPending}>
            Make link
          </Button>
        )}
      </ModalActions>
    </form>
  );
}

function Links({ machine }: { machine: Machine }) {
  const { data } = useQuery(sharesQuery(machine.id));
  if (!data?.items.length) return null;
  return (
    <section aria-label="Links that work now" className="border-t pt-3">
      <h3 className="mb-1 text-sm font-medium">Links that work now</h3>
      <ul className="divide-y">
        {data.items.map((share) => (
          <Link key={share.id} machine={machine} share={share} />
        ))}
      </ul>
    </section>
  );
}

function Link({ machine, share }: { machine: Machine; share: Share }) {
  const end = useEndShare(machine.id);
  return (
    <li className="flex items-center gap-2 py-1.5 text-sm">
      <span className="min-w-0 flex-1 truncate">
        {share.name ?? "unnamed"} <span className="text-faint">· {share.role === "view" ? "looks on" : "controls"}</span>
      </span>
      <span className="text-xs text-faint">
        ends <Ago at={share.expiresAt} />
      </span>
      <Button size="sm" look="quiet" busy={end.isPending} onClick={() => end.mutate(share.id, { onError: toastError })} aria-label={`End the link ${share.name ?? share.id}`}>
        End
      </Button>
    </li>
  );
}
