import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { entries } from "../api/pages";
import type { Host } from "../api/types";
import { Confirm } from "../layout/Confirm";
import { Notice } from "../layout/Notice";
import { machinesQuery } from "../machines/queries";
import { useRemoveHost } from "./queries";

const most = 20;

/** Asks before a host is forgotten. One that has machines is kept; which ones are in the way is said at once. */
export function RemoveHost({ host, onRemoved, onClose }: { host: Host; onRemoved: () => Promise<unknown>; onClose: () => void }) {
  const remove = useRemoveHost();
  const machines = useInfiniteQuery(machinesQuery());
  const there = entries(machines.data).filter((machine) => machine.host === host.name || machine.movingTo === host.name);
  const confirm = async () => {
    await remove.mutateAsync(host.name);
    await onRemoved();
  };
  return (
    <Confirm open onClose={onClose} title={`Remove ${host.name}?`} action="Remove host" disabled={there.length > 0} onConfirm={confirm}>
      <p>Warren forgets the host with its settings and secrets. Nothing on the host itself is touched; it can be added again.</p>
      {there.length > 0 && (
        <div className="mt-3">
          <Notice tone="warn" title={there.length === 1 ? "A machine is still there" : `${there.length} machines are still there`} detail={there.length === 1 ? "Delete it or move it to another host first." : "Delete them or move them to another host first."}>
            <ul className="mt-2 flex flex-wrap gap-1.5">
              {there.slice(0, most).map((machine) => (
                <li key={machine.id}>
                  <Link to="/machines/$name" params={{ name: machine.name }} className="tag bg-card text-ink hover:underline">
                    {machine.name}
                  </Link>
                </li>
              ))}
              {there.length > most && <li className="tag">and {there.length - most} more</li>}
            </ul>
          </Notice>
        </div>
      )}
    </Confirm>
  );
}
