import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { fieldErrors } from "../api/problem";
import type { Host, Hypervisor } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions } from "../layout/Modal";
import { Loaded } from "../layout/PageFrame";
import { HostFields, Refusal } from "./HostFields";
import { KindCards } from "./KindCards";
import { hypervisorsQuery, useAddHost } from "./queries";
import { emptyHost, strays, toAddRequest, validateHost, type Errors, type HostForm } from "./settings";

/** Adds a host: choose what runs the machines there, say how it is reached. */
export function AddHost({ hosts, onClose }: { hosts: Host[]; onClose: () => void }) {
  const kinds = useQuery(hypervisorsQuery);
  return (
    <Modal open onClose={onClose} title="Add a host" description="A host that does not answer yet is added all the same; its page then says why it does not." width="xl">
      {kinds.data ? (
        <Form kinds={kinds.data} hosts={hosts} onClose={onClose} />
      ) : (
        <div className="p-5">
          <Loaded query={kinds}>{() => null}</Loaded>
        </div>
      )}
    </Modal>
  );
}

function Form({ kinds, hosts, onClose }: { kinds: Hypervisor[]; hosts: Host[]; onClose: () => void }) {
  const navigate = useNavigate();
  const add = useAddHost();
  const [kind, setKind] = useState(() => only(kinds));
  const [form, setForm] = useState<HostForm>(emptyHost);
  const [tried, setTried] = useState(false);
  const refused = fieldErrors(add.error);
  const broken = validateHost(form, kind, new Set(hosts.map((host) => host.name)));
  const errors: Errors = { ...refused, ...(tried ? broken : {}) };
  const loose = strays(refused, kind);

  const set = (change: Partial<HostForm>) => {
    setForm((old) => ({ ...old, ...change }));
    // What was refused is another thing now.
    add.reset();
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!kind || Object.keys(broken).length > 0) return;
    try {
      const host = await add.mutateAsync(toAddRequest(form, kind));
      await navigate({ to: "/hosts/$name", params: { name: host.name } });
    } catch {
      // Shown above the form and at its fields.
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
      <div className="min-h-0 flex-1 overflow-y-auto md:grid md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)] md:overflow-hidden">
        <div className="overflow-y-auto border-b p-4 max-md:max-h-[34dvh] max-md:bg-well md:border-r md:border-b-0">
          <KindCards
            kinds={kinds}
            value={kind?.name ?? ""}
            onChange={(next) => {
              setKind(next);
              setTried(false);
              // What two kinds call by one name need not be one thing, least of all a secret.
              set({ texts: {}, rows: {} });
            }}
          />
          {tried && !kind && <p role="alert" className="mt-2 text-xs text-bad">Choose what runs the machines there.</p>}
        </div>
        <div className="flex flex-col gap-4 p-5 md:overflow-y-auto">
          <Refusal error={add.error} fields={refused} strays={loose} />
          <TextField label="Name" name="name" autoCapitalize="none" hint="What it is called here: lower-case letters, digits and hyphens." placeholder="rack-2" errors={errors.name} value={form.name} onChange={(event) => set({ name: event.target.value })} />
          {kind ? <HostFields kind={kind} form={form} errors={errors} set={set} /> : <p className="text-sm text-soft">Choose a kind to see what it needs to know.</p>}
        </div>
      </div>
      <ModalActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending}>
          Add host
        </Button>
      </ModalActions>
    </form>
  );
}

/** The kind, where there is nothing to choose. */
function only(kinds: Hypervisor[]): Hypervisor | undefined {
  const addable = kinds.filter((kind) => kind.addable);
  return addable.length === 1 ? addable[0] : undefined;
}
