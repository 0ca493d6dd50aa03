import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { SignUpMode } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Notice } from "../layout/Notice";
import { signUp } from "./session";

/** Makes an account; says why not where nobody, or only who is invited, may. */
export function SignUpForm({ mode, invitation, onEntered }: { mode: SignUpMode | undefined; invitation: string | undefined; onEntered: () => Promise<void> }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const errors = fieldErrors(error);

  if (mode === "off") return <Closed title="Nobody can sign up here" detail="Ask an administrator of this server for an account." />;
  if (mode === "invitation" && !invitation) return <Closed title="Only who is invited can sign up here" detail="Ask an administrator of this server for an invitation, and open its link." />;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signUp({ name, password, ...(email ? { email } : {}), ...(invitation ? { invitation } : {}) });
      await onEntered();
    } catch (refusal) {
      setError(refusal);
    }
    setBusy(false);
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4 px-6 py-5">
      {invitation && <Notice tone="info" title="You are invited" detail="Choose a name and a password." />}
      {error !== undefined && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(error)} />}
      <TextField label="Name" name="username" autoComplete="username" autoCapitalize="none" autoFocus value={name} onChange={(event) => setName(event.target.value)} errors={errors.name} hint="Lower case, as in a host name." />
      <TextField label="E-mail" name="email" type="email" autoComplete="email" aside="optional" value={email} onChange={(event) => setEmail(event.target.value)} errors={errors.email} />
      <TextField label="Password" name="new-password" type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} errors={errors.password} hint="At least 10 characters." />
      <Button type="submit" look="primary" busy={busy} disabled={!name || !password}>
        Sign up
      </Button>
    </form>
  );
}

function Closed({ title, detail }: { title: string; detail: string }) {
  return (
    <div className="px-6 py-5">
      <Notice tone="info" title={title} detail={detail} />
    </div>
  );
}
