import { Link } from "@tanstack/react-router";
import { ArrowRight, Pencil } from "lucide-react";
import { useState } from "react";
import type { Machine } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { CopyLine } from "../layout/CopyButton";
import { Fact } from "../layout/Fact";
import { diskLimit, inWords, memory } from "../layout/format";
import { Panel } from "../layout/PageFrame";
import { TemplateLink } from "../templates/TemplateLink";
import { expiryName, idleWords } from "./ending";
import { Resize } from "./Resize";
import { addressOf, allowed, mayUse, sshCommand } from "./state";

/** How to get into the machine, and which ports lead there. */
export function Reach({ machine }: { machine: Machine }) {
  const command = sshCommand(machine);
  return (
    <Panel title="Reach it">
      <div className="flex flex-col gap-2.5 px-4 py-3">
        {command ? <CopyLine text={command} label="Copy the ssh command" prompt /> : <p className="text-sm text-soft">No SSH address is known{machine.state === "running" ? " yet" : ""}. {mayUse(machine) && "What is shown here works without one."}</p>}
        {mayUse(machine) && <CopyLine text={`warren ssh ${addressOf(machine)}`} label="Copy the warren command" prompt />}
        {machine.addresses.length > 0 && (
          <div>
            <p className="eyebrow mb-1">{machine.addresses.length === 1 ? "Address" : "Addresses"}</p>
            <ul className="flex flex-col gap-1">
              {machine.addresses.map((address) => (
                <li key={address}>
                  <CopyLine text={address} label={`Copy ${address}`} />
                </li>
              ))}
            </ul>
          </div>
        )}
        {machine.forwards.length > 0 && (
          <table className="mt-1 w-full text-sm">
            <caption className="eyebrow mb-1 text-left">Port forwards</caption>
            <tbody>
              {machine.forwards.map((forward) => (
                <tr key={`${forward.protocol}${forward.hostPort}`} className="border-t font-mono text-xs first:border-0">
                  <td className="py-1.5 text-faint">{forward.protocol}</td>
                  <td className="py-1.5">
                    {forward.hostAddress}:{forward.hostPort}
                  </td>
                  <td className="py-1.5 text-faint">
                    <ArrowRight className="inline size-3.5" aria-label="leads to" />
                  </td>
                  <td className="py-1.5 text-right">guest:{forward.guestPort}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  );
}

/** What the machine is made of. */
export function Resources({ machine }: { machine: Machine }) {
  const [resizing, setResizing] = useState(false);
  const { spec } = machine;
  const resize = allowed(machine).resize;
  return (
    <Panel
      title="Resources"
      aside={
        !machine.shared && <Button look="quiet" size="sm" icon={<Pencil className="size-3.5" />} disabled={!resize} title={resize ? "Resize" : "Stop the machine to resize it"} onClick={() => setResizing(true)}>
          Resize
        </Button>
      }
    >
      <dl className="divide-y px-4 py-1 text-sm">
        <Fact name="Memory">{memory(spec.memoryMiB)}</Fact>
        <Fact name="CPUs">{spec.cpus}</Fact>
        <Fact name="System disk">{spec.diskGiB > 0 ? `${spec.diskGiB} GiB` : "none (live)"}{spec.ephemeral && ", thrown away at each stop"}</Fact>
        {spec.dataDisks.map((disk, index) => (
          <Fact key={index} name={`Data disk ${index + 1}`}>
            {disk.path ?? `${disk.sizeGiB} GiB`}
          </Fact>
        ))}
        <Fact name="Firmware">{spec.firmware === "uefi" ? "UEFI" : "BIOS"}</Fact>
        <Fact name="Graphics">{spec.video === "std" ? "Standard VGA" : "virtio"}</Fact>
        {spec.network && <Fact name="Network">{spec.network}</Fact>}
        {spec.networkMode && <Fact name="Network mode">{spec.networkMode}</Fact>}
        {spec.egress.length > 0 && <Fact name="Reaches only">{spec.egress.join(", ")}</Fact>}
        {spec.networkMbps && <Fact name="Bandwidth">{spec.networkMbps} Mbit/s in each direction</Fact>}
        {(spec.diskMiBps ?? spec.diskIops) && <Fact name="Disk limit">{diskLimit(spec)}</Fact>}
        {Object.entries(spec.options).map(([name, value]) => (
          <Fact key={name} name={inWords(name)}>
            {value}
          </Fact>
        ))}
        {machine.processId && <Fact name="Process">{machine.processId}</Fact>}
        {machine.goldenImage && <Fact name="Golden image">{machine.goldenImage}</Fact>}
        {machine.template && (
          <Fact name="Template">
            <TemplateLink reference={machine.template} />
          </Fact>
        )}
        {machine.pool && (
          <Fact name="Pool">
            <Link to="/pools/$name" params={{ name: machine.pool }} className="underline decoration-line-strong underline-offset-3 hover:decoration-ink">
              {machine.pool}
            </Link>
            {machine.poolPlace && `, ${machine.poolPlace}`}
          </Fact>
        )}
        <Fact name="Created">
          <Ago at={machine.createdAt} />
        </Fact>
        {machine.expiresAt && (
          <Fact name={expiryName(machine.ttlAction)}>
            <Ago at={machine.expiresAt} />
          </Fact>
        )}
        {machine.idle && <Fact name="When nobody uses it">{idleWords(machine.idle)}</Fact>}
        {machine.unwatched && <Fact name="When the last has left">{idleWords(machine.unwatched)}</Fact>}
        {machine.lastActiveAt && (
          <Fact name="Last used">
            <Ago at={machine.lastActiveAt} />
          </Fact>
        )}
      </dl>
      {resizing && <Resize machine={machine} onClose={() => setResizing(false)} />}
    </Panel>
  );
}
