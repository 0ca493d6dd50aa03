import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, Bot, Gauge, Link2, ShieldOff, UserCheck, UserPlus, UserRound } from "lucide-react";
import { useState } from "react";
import type { Invitation, User, UserRole } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { CopyLine } from "../layout/CopyButton";
import { Menu, type MenuItem } from "../layout/Menu";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { toastError } from "../layout/toasts";
import { EditLimits } from "../limits/EditLimits";
import { AddUser } from "./AddUser";
import { Invite } from "./Invite";
import { sessionQuery } from "./session";
import { invitationsQuery, useEditUser, useEndInvitation, useRemoveUserSecondFactor, usersQuery, useUserLoginLink } from "./queries";

/** Users of the server, for its administrators. */
export function UsersPage() {
  const users = useQuery(usersQuery);
  const invitations = useQuery(invitationsQuery);
  const [making, setMaking] = useState<"user" | "invitation">();
  return (
    <PageFrame
      title="Users"
      lead={
        <>
          Who may use this server, and as what. What they share is in{" "}
          <Link to="/projects" className="underline hover:text-ink">
            projects
          </Link>
          .
        </>
      }
      actions={
        <>
          <Button onClick={() => setMaking("user")}>Add user</Button>
          <Button look="primary" icon={<UserPlus className="size-4" />} onClick={() => setMaking("invitation")}>
            Invite
          </Button>
        </>
      }
    >
      <Loaded query={users}>
        {(list) => (
          <Panel>
            <ul aria-label="Users" className="divide-y">
              {list.map((user) => (
                <UserRow key={user.id} user={user} />
              ))}
            </ul>
          </Panel>
        )}
      </Loaded>
      {invitations.data && invitations.data.length > 0 && (
        <Panel title="Invitations" className="mt-5">
          <ul aria-label="Invitations" className="divide-y">
            {invitations.data.map((invitation) => (
              <InvitationRow key={invitation.id} invitation={invitation} />
            ))}
          </ul>
        </Panel>
      )}
      {making === "invitation" && <Invite onClose={() => setMaking(undefined)} />}
      {making === "user" && <AddUser onClose={() => setMaking(undefined)} />}
    </PageFrame>
  );
}

function UserRow({ user }: { user: User }) {
  const me = useQuery(sessionQuery).data;
  const edit = useEditUser();
  const link = useUserLoginLink();
  const removeFactor = useRemoveUserSecondFactor();
  const [asking, setAsking] = useState(false);
  const [limiting, setLimiting] = useState(false);
  const mine = me?.user === user.name;
  const above = user.role === "owner" || user.role === "administrator";
  const manages = !mine && (me?.role === "owner" || !above);
  const roles: readonly UserRole[] = me?.role === "owner" ? ["administrator", "member", "viewer"] : ["member", "viewer"];
  const limits: MenuItem = { label: "Limits…", icon: <Gauge />, onSelect: () => setLimiting(true) };
  const items: MenuItem[] = [
    limits,
    ...(user.kind === "person" ? [{ label: "One-time link", icon: <Link2 />, onSelect: () => link.mutate(user.name, { onError: toastError }) }] : []),
    ...(user.secondFactor ? [{ label: "Remove second factor", icon: <ShieldOff />, onSelect: () => removeFactor.mutate(user.name, { onError: toastError }) }] : []),
    user.disabled
      ? { label: "Let in again", icon: <UserCheck />, onSelect: () => edit.mutate({ user: user.name, disabled: false }, { onError: toastError }) }
      : { label: "Keep out", icon: <Ban />, danger: true, onSelect: () => setAsking(true) },
  ];
  const Icon = user.kind === "service" ? Bot : UserRound;
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <Icon className="size-4 shrink-0 text-faint" />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className={`truncate font-semibold ${user.disabled ? "text-faint line-through" : ""}`}>{user.name}</span>
          {mine && <span className="text-xs text-good">you</span>}
          {user.disabled && <span className="text-xs text-bad">kept out</span>}
        </p>
        <p className="truncate text-xs text-faint">
          {user.kind === "service" ? "service account" : (user.email ?? "no e-mail")} · {user.secondFactor ? "second factor" : user.kind === "person" ? "no second factor" : "tokens only"} · since <Ago at={user.createdAt} />
        </p>
      </div>
      {manages && user.role !== "owner" ? (
        <select aria-label={`Role of ${user.name}`} className="field w-auto" value={user.role} disabled={edit.isPending} onChange={(event) => edit.mutate({ user: user.name, role: event.target.value as UserRole }, { onError: toastError })}>
          {roles.map((role) => (
            <option key={role} value={role}>
              {role}
            </option>
          ))}
        </select>
      ) : (
        <span className="text-sm text-soft">{user.role}</span>
      )}
      {manages || mine ? <Menu label={`More for ${user.name}`} items={manages ? items : [limits]} /> : <span className="w-7" />}
      {limiting && <EditLimits whose={{ of: "user", name: user.name }} onClose={() => setLimiting(false)} />}
      {link.data && <ShowLink user={user.name} url={link.data.url} onClose={() => link.reset()} />}
      <Confirm open={asking} title={`Keep ${user.name} out?`} action="Keep out" onConfirm={() => edit.mutateAsync({ user: user.name, disabled: true })} onClose={() => setAsking(false)}>
        <p>Their browsers are logged out, their tokens stop working, and consoles that they have open close at once. Their machines stay as they are.</p>
      </Confirm>
    </li>
  );
}

function ShowLink({ user, url, onClose }: { user: string; url: string; onClose: () => void }) {
  return (
    <Modal open onClose={onClose} title={`One-time link for ${user}`} width="sm">
      <ModalBody>
        <Notice tone="warn" title="Give it to nobody else" detail="It logs a browser in as them, once, within 15 minutes; they can set a new password then." />
        <CopyLine text={url} label="Copy the link" />
      </ModalBody>
      <ModalActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </ModalActions>
    </Modal>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const end = useEndInvitation();
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{invitation.note ?? "Invitation"}</p>
        <p className="text-xs text-faint">
          {invitation.role} · made <Ago at={invitation.createdAt} /> · works until {new Date(invitation.expiresAt).toLocaleDateString()}
        </p>
      </div>
      <Button size="sm" onClick={() => end.mutate(invitation.id, { onError: toastError })}>
        Take back
      </Button>
    </li>
  );
}
