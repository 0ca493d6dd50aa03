import { useState, type FormEvent } from "react";
import { fieldErrors } from "../api/problem";
import type { Host, Hypervisor } from "../api/types";
import { Button } from "../layout/Button";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { HostFields, Refusal } from "./HostFields";
import { useEditHost } from "./queries";
import { formOf, strays, toEditRequest, validateHost, type Errors, type HostForm } from "./settings";

/** Changes how a host is reached, its labels and its limits. */
export function EditHost({ host, kind, onClose }: { host: Host; kind: Hypervisor; onClose: () => void }) {
  const edit = useEditHost(host.name);
  // The host as it was when the dialog was opened: what is sent is what the person changed, not what came in meanwhile.
  const [before] = useState(host);
  const [form, setForm] = useState<HostForm>(() => formOf(host, kind));
  const [tried, setTried] = useState(false);
  const refused = fieldErrors(edit.error);
  const broken = validateHost(form, kind, new Set(), before.secrets);
  const errors: Errors = { ...refused, ...(tried ? broken : {}) };
  const loose = strays(refused, kind);
  const request = toEditRequest(form, before, kind);

  const set = (change: Partial<HostForm>) => {
    setForm((old) => ({ ...old, ...change }));
    // What was refused is another thing now.
    edit.reset();
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(broken).length > 0) return;
    try {
      await edit.mutateAsync(request);
      onClose();
    } catch {
      // Shown above the form and at its fields.
    }
  };

  return (
    <Modal open onClose={onClose} title={`Edit ${host.name}`} description={`${kind.title}. With other settings it is probed anew; its machines run on.`}>
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          <Refusal error={edit.error} fields={refused} strays={loose} />
          <HostFields kind={kind} form={form} errors={errors} secrets={before.secrets} set={set} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={edit.isPending} disabled={Object.keys(request).length === 0}>
            Save
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
