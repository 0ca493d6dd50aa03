import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import type { Host, HostMachine } from "../api/types";
import { Button } from "../layout/Button";
import { memory } from "../layout/format";
import { Hint } from "../layout/Hint";
import { Loaded } from "../layout/PageFrame";
import { Adopt } from "./Adopt";
import { can } from "./capabilities";
import { OnHost } from "./OnHost";
import { hostMachinesQuery } from "./resources";

/** Every machine on a host as the host lists them: ours, and those that are not. */
export function HostMachines({ host, answers }: { host: Host; answers: boolean }) {
  const owner = useIsAdministrator();
  const machines = useQuery({ ...hostMachinesQuery(host.name), enabled: owner && answers });
  if (!owner) return null;
  return (
    <OnHost title="Machines there" host={host} answers={answers}>
      <div className={machines.data ? "" : "p-4"}>
        <Loaded query={machines}>
          {(list) =>
            list.length === 0 ? (
              <p className="px-4 py-4 text-sm text-soft">There are none.</p>
            ) : (
              <ul className="divide-y">
                {list.map((machine) => (
                  <Line key={machine.nativeName} host={host} machine={machine} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </OnHost>
  );
}

const dots: Record<string, string> = { on: "bg-good", off: "bg-line-strong", paused: "bg-calm", suspended: "bg-calm" };

function Line({ host, machine }: { host: Host; machine: HostMachine }) {
  const [adopting, setAdopting] = useState(false);
  const { available, reason } = can(host, "adoption");
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
      <span title={machine.power} className={`size-2 shrink-0 rounded-full ${dots[machine.power] ?? "border-2 border-dashed border-faint"}`} />
      <span className="sr-only">{machine.power}</span>
      {machine.machine ? (
        <Link to="/machines/$name" params={{ name: machine.machine }} className="font-semibold hover:underline">
          {machine.machine}
        </Link>
      ) : (
        <span className="font-mono text-xs wrap-anywhere">{machine.nativeName}</span>
      )}
      <span className="ml-auto flex items-center gap-3">
        {machine.memory && (
          <span className="text-xs text-faint tabular-nums" title="With its share of what it shares with others; what is its own is free again when it goes">
            {memory(machine.memory.proportionalMiB)}
            {machine.promisedMiB !== undefined && ` of ${memory(machine.promisedMiB)}`}, {memory(machine.memory.privateMiB)} its own
          </span>
        )}
        {!machine.machine && (
          <>
            <span className="text-xs text-faint">
              {machine.ours ? "carries Warren's mark, not known here any more" : "not Warren's; never touched"}
            </span>
            {available ? (
              <Button size="sm" onClick={() => setAdopting(true)}>
                Adopt…
              </Button>
            ) : (
              <Hint text={reason ?? "This host cannot do that."} label={`Why ${machine.nativeName} cannot be adopted`} className="rounded text-xs text-faint underline decoration-dotted underline-offset-3">
                cannot be adopted
              </Hint>
            )}
          </>
        )}
      </span>
      {adopting && <Adopt host={host} machine={machine} onClose={() => setAdopting(false)} />}
    </li>
  );
}
