import { useQuery } from "@tanstack/react-query";
import { Bot, UserMinus, UserRound } from "lucide-react";
import { useState, type FormEvent } from "react";
import { sessionQuery } from "../access/session";
import { explain, fieldErrors } from "../api/problem";
import type { Machine, MachineUser, ProjectRole } from "../api/types";
import { Button, IconButton } from "../layout/Button";
import { ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded } from "../layout/PageFrame";
import { toastError } from "../layout/toasts";
import { machineUsersQuery, useShareMachine, useUnshareMachine } from "./queries";

const roles = [["member", "uses it"], ["viewer", "looks on"]] as const;

/** Whom a machine is shared with, and a way to let somebody in. */
export function People({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const users = useQuery(machineUsersQuery(machine.id));
  const changes = !!useQuery(sessionQuery).data?.mayChange;
  return (
    <>
      <ModalBody>
        {changes && <Add machine={machine} />}
        <Loaded query={users}>
          {(list) =>
            list.length === 0 ? (
              <p className="text-sm text-soft">It is shared with nobody.</p>
            ) : (
              <ul aria-label="People" className="divide-y border-t">
                {list.map((user) => (
                  <Row key={user.user} machine={machine} user={user} changes={changes} />
                ))}
              </ul>
            )
          }
        </Loaded>
        <p className="text-xs text-faint">Who uses it switches it on and off, and has its screen, terminal and ports. They do not delete, resize or copy it, nor share it on.</p>
      </ModalBody>
      <ModalActions>
        <Button onClick={onClose}>Done</Button>
      </ModalActions>
    </>
  );
}

function Add({ machine }: { machine: Machine }) {
  const share = useShareMachine(machine.id);
  const [user, setUser] = useState("");
  const [role, setRole] = useState<ProjectRole>("member");
  const errors = Object.values(fieldErrors(share.error)).flat();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const done = await share.mutateAsync({ user: user.trim(), role }).catch(() => undefined);
    if (done) setUser("");
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-2">
      {share.error && (errors.length > 0 ? <Notice tone="bad" title="That does not go" detail={errors.join(" ")} /> : <Notice tone="bad" {...explain(share.error)} />)}
      <div className="flex flex-wrap items-center gap-2">
        <input aria-label="Name of a user" placeholder="Name of a user" autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} className="field min-w-32 flex-1" value={user} onChange={(event) => setUser(event.target.value)} />
        <RoleField label="Role" value={role} onChange={setRole} />
        <Button type="submit" look="primary" busy={share.isPending} disabled={!user.trim()}>
          Let in
        </Button>
      </div>
    </form>
  );
}

function Row({ machine, user, changes }: { machine: Machine; user: MachineUser; changes: boolean }) {
  const share = useShareMachine(machine.id);
  const unshare = useUnshareMachine(machine.id);
  const Icon = user.kind === "service" ? Bot : UserRound;
  return (
    <li className="flex items-center gap-2 py-1.5 text-sm">
      <Icon className="size-4 shrink-0 text-faint" />
      <span className="min-w-0 flex-1 truncate" title={`Let in by ${user.sharedBy}`}>
        {user.user}
      </span>
      {changes ? (
        <>
          <RoleField label={`Role of ${user.user}`} value={user.role} disabled={share.isPending} onChange={(role) => share.mutate({ user: user.user, role }, { onError: toastError })} />
          <IconButton label={`Take ${user.user} out`} disabled={unshare.isPending} onClick={() => unshare.mutate(user.user, { onError: toastError })}>
            <UserMinus className="size-4" />
          </IconButton>
        </>
      ) : (
        <span className="text-faint">{roles.find(([role]) => role === user.role)?.[1]}</span>
      )}
    </li>
  );
}

function RoleField({ label, value, disabled = false, onChange }: { label: string; value: ProjectRole; disabled?: boolean; onChange: (role: ProjectRole) => void }) {
  return (
    <select aria-label={label} className="field w-auto" value={value} disabled={disabled} onChange={(event) => onChange(event.target.value as ProjectRole)}>
      {roles.map(([role, means]) => (
        <option key={role} value={role}>
          {means}
        </option>
      ))}
    </select>
  );
}
