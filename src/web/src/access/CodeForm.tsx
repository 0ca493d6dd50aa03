import { useState, type FormEvent } from "react";
import { explain } from "../api/problem";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Notice } from "../layout/Notice";
import { isCode } from "./codes";
import { sendCode } from "./session";

/** The other half of logging in: a code of the authenticator, or a recovery code. */
export function CodeForm({ challenge, onEntered, onBack }: { challenge: string; onEntered: () => Promise<void>; onBack: () => void }) {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await sendCode(challenge, code);
      await onEntered();
    } catch (refusal) {
      setError(refusal);
      setCode("");
    }
    setBusy(false);
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4 px-6 py-5">
      {error !== undefined && <Notice tone="bad" {...explain(error)} />}
      <TextField label="Code" inputMode="text" autoComplete="one-time-code" autoFocus mono value={code} onChange={(event) => setCode(event.target.value)} hint="Six digits of your authenticator, or one of your recovery codes." />
      <div className="flex items-center justify-end gap-2">
        <Button look="quiet" onClick={onBack}>
          Back
        </Button>
        <Button type="submit" look="primary" busy={busy} disabled={!isCode(code)}>
          Continue
        </Button>
      </div>
    </form>
  );
}
