import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Host, NetworkKind } from "../api/types";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { networkKinds } from "./Networks";
import { useCreateNetwork } from "./resources";

/** Makes a network on a host. */
export function CreateNetwork({ host, onClose }: { host: Host; onClose: () => void }) {
  const create = useCreateNetwork(host.name);
  const [kind, setKind] = useState<NetworkKind>("nat");
  const [form, setForm] = useState({ name: "", range: "", bridge: "" });
  const errors = fieldErrors(create.error);
  const put = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const range = form.range.trim();
    const bridge = form.bridge.trim();
    create.mutate({ name: form.name.trim(), kind, ...(kind !== "bridge" && range ? { range } : {}), ...(kind === "bridge" && bridge ? { bridge } : {}) }, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`New network on ${host.name}`}>
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
          <div className="flex flex-col gap-1.5">
            <Choice label="Kind of network" value={kind} onChange={setKind} options={[["nat", "NAT"], ["isolated", "Isolated"], ["bridge", "Bridge"]]} />
            <p className="text-xs text-faint">{networkKinds[kind].means}</p>
          </div>
          <TextField label="Name" autoCapitalize="none" errors={errors.name} value={form.name} onChange={(event) => put({ name: event.target.value })} placeholder="lab" hint="1 to 15 lower-case letters, digits and inner hyphens." />
          {kind === "bridge" ? (
            <TextField label="Bridge of the host" mono errors={errors.bridge} value={form.bridge} onChange={(event) => put({ bridge: event.target.value })} placeholder="br0" hint="It must exist there already." />
          ) : (
            <TextField label="Addresses" mono errors={errors.range} value={form.range} onChange={(event) => put({ range: event.target.value })} placeholder="192.168.150.0/24" hint="A private IPv4 range; empty: the host chooses one." />
          )}
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={!form.name.trim() || (kind === "bridge" && !form.bridge.trim())}>
            Make network
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
