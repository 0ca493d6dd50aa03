import { useState, type FormEvent } from "react";
import { explain } from "../api/problem";
import { Button } from "../layout/Button";
import { CopyLine } from "../layout/CopyButton";
import { TextField } from "../layout/Field";
import { Notice } from "../layout/Notice";
import { logIn } from "./session";

/** Name and password; below, the way in for those who have none yet. */
export function LoginForm({ onEntered, onChallenge }: { onEntered: () => Promise<void>; onChallenge: (challenge: string) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const challenge = await logIn({ name, password });
      if (challenge) onChallenge(challenge);
      else await onEntered();
    } catch (refusal) {
      setError(refusal);
      setPassword("");
    }
    setBusy(false);
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4 px-6 py-5">
      {error !== undefined && <Notice tone="bad" {...explain(error)} />}
      <TextField label="Name" name="username" autoComplete="username" autoCapitalize="none" autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
      <Button type="submit" look="primary" busy={busy} disabled={!name || !password}>
        Log in
      </Button>
      <details className="text-sm text-soft">
        <summary className="cursor-pointer hover:text-ink">No password, or forgotten?</summary>
        <p className="mt-2 mb-1.5">An administrator can give you a link that logs you in once. On the machine that runs Warren, the owner asks for one:</p>
        <CopyLine text="warren login-link" label="Copy the command" prompt />
        <p className="mt-2 text-xs text-faint">It also stands in the server's log after its first start.</p>
      </details>
    </form>
  );
}
