import { Download } from "lucide-react";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { Field, SelectField, TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { saveText } from "../layout/saveText";
import { useCreateKey } from "./queries";

/** Makes a key pair, or stores a public key that exists. The private part is shown once. */
export function CreateKey({ onClose, onCreated }: { onClose: () => void; onCreated?: (name: string) => void }) {
  const create = useCreateKey();
  const [mode, setMode] = useState<"make" | "store">("make");
  const [name, setName] = useState("");
  const [algorithm, setAlgorithm] = useState<"ed25519" | "rsa4096">("ed25519");
  const [publicKey, setPublicKey] = useState("");
  const [saved, setSaved] = useState(false);
  const errors = fieldErrors(create.error);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // The dialog may stand within the launch form; that one is not to be sent.
    event.stopPropagation();
    const made = await create.mutateAsync(mode === "make" ? { name, algorithm } : { name, publicKey: publicKey.trim() }).catch(() => undefined);
    if (!made) return;
    onCreated?.(made.key.name);
    if (!made.privateKey) onClose();
  };

  const made = create.data;
  if (made?.privateKey) {
    const secret = made.privateKey;
    return (
      <Modal open onClose={onClose} title={`Key ${made.key.name} is made`} width="sm">
        <ModalBody>
          <Notice tone="warn" title="Save the private key now" detail="This is the only time it is sent. The server keeps the public part alone and cannot give the private one again." />
          <code className="font-mono text-xs wrap-anywhere text-soft">{made.key.fingerprint}</code>
          <p className="text-sm text-soft">
            Save it as <code className="font-mono text-xs text-ink">~/.ssh/{made.key.name}</code>, then <code className="font-mono text-xs text-ink">chmod 600</code> it.
          </p>
        </ModalBody>
        <ModalActions>
          <Button look={saved ? "plain" : "primary"} icon={<Download className="size-4" />} onClick={() => { saveText(made.key.name, secret); setSaved(true); }}>
            Download private key
          </Button>
          <Button look={saved ? "primary" : "quiet"} onClick={onClose}>
            {saved ? "Done" : "Go without it"}
          </Button>
        </ModalActions>
      </Modal>
    );
  }

  return (
    <Modal open onClose={onClose} title="New SSH key" width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          <Choice label="What to do" value={mode} onChange={setMode} options={[["make", "Make a pair"], ["store", "Store a public key"]]} />
          {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
          <TextField label="Name" required value={name} onChange={(event) => setName(event.target.value)} errors={errors.name} placeholder="laptop" autoFocus />
          {mode === "make" ? (
            <SelectField label="Algorithm" value={algorithm} errors={errors.algorithm} onChange={(event) => setAlgorithm(event.target.value as "ed25519" | "rsa4096")} options={[["ed25519", "Ed25519"], ["rsa4096", "RSA, 4096 bits"]]} />
          ) : (
            <Field label="Public key" errors={errors.publicKey} hint="One line of OpenSSH's format, as in id_ed25519.pub.">
              {(ids) => <textarea {...ids} rows={4} value={publicKey} spellCheck={false} onChange={(event) => setPublicKey(event.target.value)} placeholder="ssh-ed25519 AAAA…" className="field font-mono text-xs" />}
            </Field>
          )}
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={!name || (mode === "store" && !publicKey.trim())}>
            {mode === "make" ? "Make key" : "Store key"}
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
