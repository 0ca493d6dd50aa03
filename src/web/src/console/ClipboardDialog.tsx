import { Copy } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Button } from "../layout/Button";
import { Field, Tick } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { toast } from "../layout/toasts";
import { fits, keepInStep, wantsInStep } from "./clipboard";

/** What is on the guest's clipboard, and whether it is also this computer's. */
export function ClipboardDialog({ text, onGive, onInStep, onClose }: { text: string | undefined; onGive: (text: string) => void; onInStep: () => void; onClose: () => void }) {
  const [edited, setEdited] = useState<string>();
  const [inStep, setInStep] = useState(wantsInStep);
  const value = edited ?? text ?? "";
  const errors = fits(value) ? undefined : ["At most 1 MiB."];
  const able = !!navigator.clipboard;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (errors || !value) return;
    onGive(value);
    onClose();
  };
  const copy = () =>
    void navigator.clipboard.writeText(value).then(
      () => toast({ tone: "good", title: "Copied" }),
      () => toast({ tone: "bad", title: "The browser does not let this page copy" }),
    );
  return (
    <Modal open onClose={onClose} title="Clipboard" description="For guests whose desktop shares it, with spice-vdagent." width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          <Field label="On the guest's clipboard" errors={errors} hint={text === undefined ? "Nothing was copied there since this page was opened." : undefined}>
            {(ids) => <textarea {...ids} rows={6} autoFocus spellCheck={false} className="field h-auto py-2 font-mono text-sm" value={value} onChange={(event) => setEdited(event.target.value)} />}
          </Field>
          <Tick
            label="Keep in step with this computer's"
            hint={able ? "What you copy can be read in every guest whose screen you click into." : "Browsers allow that over https, or on the server's own computer."}
            checked={inStep && able}
            disabled={!able}
            onChange={({ target: { checked } }) => {
              setInStep(checked);
              keepInStep(checked);
              if (checked) onInStep();
            }}
          />
        </ModalBody>
        <ModalActions>
          <Button disabled={!value || !able} onClick={copy} icon={<Copy className="size-4" />}>
            Copy
          </Button>
          <Button type="submit" look="primary" disabled={!!errors || !value || edited === undefined}>
            Put it there
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
