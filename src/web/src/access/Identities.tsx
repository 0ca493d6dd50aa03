import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { explain } from "../api/problem";
import type { Account } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { Notice } from "../layout/Notice";
import { Loaded, Panel } from "../layout/PageFrame";
import { toastError } from "../layout/toasts";
import { PresentPassword } from "./PresentPassword";
import { whyRefused } from "./Provider";
import { identitiesQuery, useAddIdentity, useRemoveIdentity, useVisitProvider } from "./queries";
import { doorQuery, takeSecret } from "./session";

const brought = "connect.";

/** Who one is at the OpenID Connect provider; nothing where there is none. */
export function Identities({ account }: { account: Account }) {
  const { data: door } = useQuery(doorQuery);
  const identities = useQuery({ ...identitiesQuery, enabled: door?.provider !== undefined });
  const add = useAddIdentity();
  const remove = useRemoveIdentity();
  const visit = useVisitProvider();
  const [asking, setAsking] = useState(false);
  const [refused] = useState(() => whyRefused(location.search));
  const { mutate: take } = add;

  // What the provider said comes back in the address; only this session can make something of it.
  useEffect(() => {
    if (!location.hash.startsWith(`#${brought}`)) return;
    const ticket = takeSecret()?.slice(brought.length);
    if (ticket) take(ticket);
  }, [take]);

  if (!door?.provider) return null;
  const go = (current?: string) => visit.mutate(current, { onSuccess: ({ path }) => location.assign(path), ...(current === undefined ? { onError: toastError } : {}) });
  return (
    <Panel
      title={`Log in with ${door.provider}`}
      aside={
        <Button size="sm" look="quiet" busy={visit.isPending} onClick={() => (account.passwordNeedsCurrent ? setAsking(true) : go())}>
          Connect
        </Button>
      }
    >
      {(add.error || refused) && <div className="p-4 pb-0">{add.error ? <Notice tone="bad" {...explain(add.error)} /> : refused && <Notice tone="bad" {...refused} />}</div>}
      <Loaded query={identities}>
        {(list) =>
          list.length === 0 ? (
            <p className="p-4 text-sm text-soft">Nobody there is connected with this account yet.</p>
          ) : (
            <ul aria-label="Identities" className="divide-y">
              {list.map((identity) => (
                <li key={identity.id} className="flex items-center gap-3 px-4 py-2.5">
                  <div className="min-w-0 flex-1">
                    <p className="truncate font-medium">{identity.label}</p>
                    <p className="truncate text-xs text-faint">
                      {identity.issuer} · used <Ago at={identity.lastUsedAt} />
                    </p>
                  </div>
                  <Button size="sm" onClick={() => remove.mutate(identity.id, { onError: toastError })}>
                    Disconnect
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {asking && (
        <PresentPassword
          title={`Log in with ${door.provider}`}
          name={account.user.name}
          error={visit.error}
          busy={visit.isPending}
          onSubmit={go}
          onClose={() => {
            setAsking(false);
            visit.reset();
          }}
        />
      )}
    </Panel>
  );
}
