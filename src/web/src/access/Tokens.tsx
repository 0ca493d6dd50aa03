import { useQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import { Ago } from "../layout/Ago";
import { Button, IconButton } from "../layout/Button";
import { CopyLine } from "../layout/CopyButton";
import { SelectField, TextField, Tick } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded, Panel } from "../layout/PageFrame";
import { toastError } from "../layout/toasts";
import { tokensQuery, useCreateToken, useDeleteToken } from "./queries";

/** Bearer tokens for programs. */
export function Tokens() {
  const tokens = useQuery(tokensQuery);
  const remove = useDeleteToken();
  const [making, setMaking] = useState(false);
  return (
    <Panel
      title="Tokens for programs"
      aside={
        <Button size="sm" look="quiet" onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      <Loaded query={tokens}>
        {(list) =>
          list.length === 0 ? (
            <p className="p-4 text-sm text-soft">None yet. A program that calls this server's API sends one.</p>
          ) : (
            <ul aria-label="Tokens" className="divide-y">
              {list.map((token) => (
                <li key={token.id} className="flex items-center gap-3 px-4 py-2.5">
                  <div className="min-w-0 flex-1">
                    <p className="truncate font-medium">{token.name}</p>
                    <p className="text-xs text-faint">
                      {token.scope} · {token.project}
                      {token.template ? ` · template ${token.template} only` : token.pool ? " · one pool only" : token.shared ? " and what is shared with you" : ""} · {token.lastUsedAt ? <>used <Ago at={token.lastUsedAt} /></> : "never used"}
                      {token.expiresAt ? ` · ends ${new Date(token.expiresAt).toLocaleDateString()}` : ""}
                    </p>
                  </div>
                  <IconButton label={`End ${token.name}`} onClick={() => remove.mutate(token.id, { onError: toastError })}>
                    <Trash2 className="size-4" />
                  </IconButton>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {making && <CreateToken onClose={() => setMaking(false)} />}
    </Panel>
  );
}

function CreateToken({ onClose }: { onClose: () => void }) {
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [scope, setScope] = useState<"read" | "write">("write");
  const [shared, setShared] = useState(false);
  const errors = fieldErrors(create.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name, scope, shared, ...(days ? { days: Number(days) } : {}) });
  };

  if (create.data)
    return (
      <Modal open onClose={onClose} title={`Token ${create.data.token.name}`} width="sm">
        <ModalBody>
          <Notice tone="warn" title="Copy it now" detail="This is the only time it is shown; the server keeps its hash alone." />
          <CopyLine text={create.data.secret} label="Copy the token" />
        </ModalBody>
        <ModalActions>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </ModalActions>
      </Modal>
    );

  return (
    <Modal open onClose={onClose} title="New token" width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
          <TextField label="Name" autoFocus value={name} onChange={(event) => setName(event.target.value)} errors={errors.name} hint="What it is for." />
          <SelectField label="Scope" value={scope} onChange={(event) => setScope(event.target.value as "read" | "write")} options={[["write", "Write: all that you may do"], ["read", "Read: looking only"]]} errors={errors.scope} />
          <Tick label="Also for machines that are shared with you" hint="Else it has those of the project alone." checked={shared} onChange={(event) => setShared(event.target.checked)} />
          <TextField label="Days" inputMode="numeric" value={days} onChange={(event) => setDays(event.target.value)} errors={errors.days} hint="1 to 365; empty: it does not end by itself." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={!name.trim()}>
            Make token
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
