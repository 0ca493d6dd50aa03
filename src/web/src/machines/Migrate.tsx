import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain } from "../api/problem";
import type { Host, Machine } from "../api/types";
import { HostDot } from "../hosts/HostStatus";
import { hostsQuery } from "../hosts/queries";
import { freeMemoryMiB, word } from "../hosts/state";
import { Button } from "../layout/Button";
import { memory } from "../layout/format";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useMigrate } from "./queries";

/** Moves a running machine to another host of the same kind. */
export function Migrate({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { data: hosts = [] } = useQuery(hostsQuery);
  const migrate = useMigrate(machine);
  const kind = hosts.find((host) => host.name === machine.host)?.hypervisor;
  const others = hosts.filter((host) => host.hypervisor === kind && host.name !== machine.host);
  const [chosen, setChosen] = useState(() => best(others, machine));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen) migrate.mutate(chosen, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Move ${machine.name}`} description={`It runs on while it moves away from ${machine.host}. Ports of the host that lead into it are new ones there.`}>
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {migrate.error && <Notice tone="bad" {...explain(migrate.error)} />}
          {others.length === 0 && <Notice tone="info" title="There is no other host of this kind" detail="Machines move between hosts of one kind. Add another one under Hosts." />}
          <fieldset className="flex flex-col gap-2">
            <legend className="sr-only">Host</legend>
            {others.map((host) => {
              const why = against(host, machine);
              return (
                <label
                  key={host.name}
                  className={`flex flex-wrap items-center gap-x-3 gap-y-0.5 rounded-lg border bg-card px-3 py-2.5 has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-accent ${why ? "opacity-60" : "cursor-pointer hover:border-line-strong"}`}
                >
                  <input type="radio" name="host" value={host.name} disabled={!!why} checked={host.name === chosen} onChange={() => setChosen(host.name)} className="accent-accent" />
                  <span className="font-semibold">{host.name}</span>
                  <HostDot state={host.status.state} className="text-sm" />
                  <span className="ml-auto text-sm text-soft tabular-nums">{host.probedAt && `${memory(freeMemoryMiB(host))} free`}</span>
                  {why && <span className="basis-full text-xs text-soft">{why}</span>}
                </label>
              );
            })}
          </fieldset>
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={migrate.isPending} disabled={!chosen}>
            Move machine
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}

/** What speaks against a host as far as it can be seen here; the server knows more. */
function against(host: Host, machine: Machine): string | undefined {
  if (host.status.state !== "online") return `It is ${word(host.status.state).toLowerCase()}${host.status.reason ? `: ${host.status.reason}` : "."}`;
  if (host.draining) return "It is draining and takes no new machines.";
  const { available, reason } = host.capabilities.migration ?? { available: false };
  if (!available) return `It cannot take a running machine${reason ? `: ${reason}` : "."}`;
  if (freeMemoryMiB(host) < machine.spec.memoryMiB) return `Only ${memory(freeMemoryMiB(host))} of memory are free there; the machine has ${memory(machine.spec.memoryMiB)}.`;
  return undefined;
}

function best(hosts: Host[], machine: Machine): string | undefined {
  return hosts.filter((host) => !against(host, machine)).sort((one, other) => freeMemoryMiB(other) - freeMemoryMiB(one))[0]?.name;
}
