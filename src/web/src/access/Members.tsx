import { useQuery } from "@tanstack/react-query";
import { Bot, UserMinus, UserRound } from "lucide-react";
import { useState, type FormEvent } from "react";
import { explain } from "../api/problem";
import type { Project, ProjectMember, ProjectRole } from "../api/types";
import { Button, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Notice } from "../layout/Notice";
import { Loaded, Panel } from "../layout/PageFrame";
import { toastError } from "../layout/toasts";
import { membersQuery, useRemoveMember, useSetMember } from "./queries";
import { sessionQuery } from "./session";

const roles: readonly ProjectRole[] = ["administrator", "member", "viewer"];

/** Who is in a project, and as what. */
export function Members({ project, manages }: { project: Project; manages: boolean }) {
  const members = useQuery(membersQuery(project.name));
  return (
    <Panel title="Members">
      <Loaded query={members}>
        {(list) => (
          <ul aria-label="Members" className="divide-y">
            {list.map((member) => (
              <Row key={member.user} project={project.name} member={member} manages={manages} />
            ))}
          </ul>
        )}
      </Loaded>
      {manages && <Add project={project.name} />}
    </Panel>
  );
}

function Row({ project, member, manages }: { project: string; member: ProjectMember; manages: boolean }) {
  const me = useQuery(sessionQuery).data?.user;
  const set = useSetMember();
  const remove = useRemoveMember();
  const [asking, setAsking] = useState(false);
  const mine = me === member.user;
  const Icon = member.kind === "service" ? Bot : UserRound;
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <Icon className="size-4 shrink-0 text-faint" />
      <p className="min-w-0 flex-1 truncate font-medium">
        {member.user}
        {mine && <span className="ml-2 text-xs font-normal text-good">you</span>}
      </p>
      {manages ? (
        <select aria-label={`Role of ${member.user}`} className="field w-auto" value={member.role} disabled={set.isPending} onChange={(event) => set.mutate({ project, user: member.user, role: event.target.value as ProjectRole }, { onError: toastError })}>
          {roles.map((role) => (
            <option key={role} value={role}>
              {role}
            </option>
          ))}
        </select>
      ) : (
        <span className="text-sm text-soft">{member.role}</span>
      )}
      {manages || mine ? (
        <IconButton label={mine ? "Leave the project" : `Take ${member.user} out`} onClick={() => setAsking(true)}>
          <UserMinus className="size-4" />
        </IconButton>
      ) : null}
      <Confirm open={asking} title={mine ? `Leave ${project}?` : `Take ${member.user} out?`} action={mine ? "Leave" : "Take out"} onConfirm={() => remove.mutateAsync({ project, user: member.user })} onClose={() => setAsking(false)}>
        <p>What {mine ? "you have" : "they have"} open of it closes at once. Machines stay, and belong to the project.</p>
      </Confirm>
    </li>
  );
}

function Add({ project }: { project: string }) {
  const set = useSetMember();
  const [user, setUser] = useState("");
  const [role, setRole] = useState<ProjectRole>("member");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // A member who is named here gets the role that is chosen here.
    const done = await set.mutateAsync({ project, user: user.trim(), role }).catch(() => undefined);
    if (done) setUser("");
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-3 border-t p-4">
      {set.error && <Notice tone="bad" {...explain(set.error)} />}
      <div className="flex flex-wrap items-center gap-2">
        <input aria-label="Name of a user" placeholder="Name of a user" autoComplete="off" autoCapitalize="none" spellCheck={false} className="field min-w-0 flex-1" value={user} onChange={(event) => setUser(event.target.value)} />
        <select aria-label="Role" className="field w-auto" value={role} onChange={(event) => setRole(event.target.value as ProjectRole)}>
          {roles.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        <Button type="submit" busy={set.isPending} disabled={!user.trim()}>
          Let in
        </Button>
      </div>
    </form>
  );
}
