import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { entries } from "../api/pages";
import type { Host } from "../api/types";
import { Confirm } from "../layout/Confirm";
import { machinesQuery } from "../machines/queries";
import { useRemoveHost } from "./queries";

const most = 20;

/** Asks before a host is forgotten. One that has machines is kept by the server; which ones is said before it has to. */
export function RemoveHost({ host, onRemoved, onClose }: { host: Host; onRemoved: () => Promise<unknown>; onClose: () => void }) {
  const remove = useRemoveHost();
  const machines = useInfiniteQuery(machinesQuery());
  const there = entries(machines.data).filter((machine) => machine.host === host.name || machine.movingTo === host.name);
  const confirm = async () => {
    await remove.mutateAsync(host.name);
    await onRemoved();
  };
  return (
    <Confirm open onClose={onClose} title={`Remove ${host.name}?`} action="Remove host" onConfirm={confirm}>
      <p>Warren forgets the host with its settings and secrets. Nothing on the host itself is touched; it can be added again.</p>
      {there.length > 0 && (
        <div className="mt-3">
          <p>
            {host.machines === 1 ? "This machine is" : `These machines are`} still there. Delete {there.length === 1 ? "it" : "them"} or move {there.length === 1 ? "it" : "them"} away first:
          </p>
          <ul className="mt-1.5 flex flex-wrap gap-1.5">
            {there.slice(0, most).map((machine) => (
              <li key={machine.id}>
                <Link to="/machines/$name" params={{ name: machine.name }} className="tag bg-well text-ink hover:underline">
                  {machine.name}
                </Link>
              </li>
            ))}
            {there.length > most && <li className="tag">and {there.length - most} more</li>}
          </ul>
        </div>
      )}
    </Confirm>
  );
}
