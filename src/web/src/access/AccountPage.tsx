import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Account } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Notice } from "../layout/Notice";
import { Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { toast, toastError } from "../layout/toasts";
import { YourLimits } from "../limits/YourLimits";
import { browserName } from "./codes";
import { accountQuery, browserSessionsQuery, useChangePassword, useEndOtherSessions, useEndSession } from "./queries";
import { Identities } from "./Identities";
import { SecondFactor } from "./SecondFactor";
import { Tokens } from "./Tokens";
import { YourProjects } from "./YourProjects";

/** What one sets for oneself. */
export function AccountPage() {
  const account = useQuery(accountQuery);
  return (
    <PageFrame title="Account" lead={account.data ? `${account.data.user.name}, ${account.data.user.role} of this server` : undefined}>
      <Loaded query={account}>
        {(data) => (
          <div className="grid items-start gap-5 xl:grid-cols-2">
            <Password account={data} />
            <SecondFactor account={data} />
            <Identities account={data} />
            <Sessions />
            <Tokens />
            <YourLimits />
            <YourProjects />
          </div>
        )}
      </Loaded>
    </PageFrame>
  );
}

function Password({ account }: { account: Account }) {
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const errors = fieldErrors(change.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const done = await change.mutateAsync({ password, ...(current ? { current } : {}) }).catch(() => undefined);
    if (!done) return;
    setCurrent("");
    setPassword("");
    toast({ tone: "good", title: "The password is set", detail: "Your other browsers were logged out." });
  };
  return (
    <Panel title="Password">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4 p-4">
        {change.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(change.error)} />}
        {!account.hasPassword && <p className="text-sm text-soft">You have none: one-time links log you in. With a password you get in without asking for one.</p>}
        <input type="text" name="username" autoComplete="username" value={account.user.name} readOnly hidden />
        {account.passwordNeedsCurrent && (
          <TextField label="Current password" type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} errors={errors.current} />
        )}
        <TextField label="New password" type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} errors={errors.password} hint="At least 10 characters. Your other browsers are logged out." />
        <Button type="submit" look="primary" className="self-start" busy={change.isPending} disabled={!password || (account.passwordNeedsCurrent && !current)}>
          Set password
        </Button>
      </form>
    </Panel>
  );
}

function Sessions() {
  const sessions = useQuery(browserSessionsQuery);
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  return (
    <Panel
      title="Browsers that are logged in"
      aside={
        <Button size="sm" look="quiet" busy={endOthers.isPending} disabled={(sessions.data?.length ?? 0) < 2} onClick={() => endOthers.mutate(undefined, { onError: toastError })}>
          Log the others out
        </Button>
      }
    >
      <Loaded query={sessions}>
        {(list) => (
          <ul aria-label="Sessions" className="divide-y">
            {list.map((session) => (
              <li key={session.id} className="flex items-center gap-3 px-4 py-2.5">
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium" title={session.userAgent}>
                    {browserName(session.userAgent)}
                    {session.current && <span className="ml-2 text-xs font-normal text-good">this one</span>}
                  </p>
                  <p className="text-xs text-faint">
                    {session.address} · used <Ago at={session.lastUsedAt} /> · logged in <Ago at={session.createdAt} />
                  </p>
                </div>
                {!session.current && (
                  <Button size="sm" onClick={() => end.mutate(session.id, { onError: toastError })}>
                    Log out
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
