import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Machine } from "../api/types";
import { Ago } from "../layout/Ago";
import { CopyButton } from "../layout/CopyButton";
import { memory } from "../layout/format";
import { InlineProgress } from "../operations/Progress";
import { RowActions } from "./MachineActions";
import { ReadinessStrokes } from "./Readiness";
import { addressOf, sshCommand } from "./state";
import { StateDot } from "./StateDot";
import { Thumbnail } from "./Thumbnail";

/** Columns of the list, for its head and its rows alike. */
export const columns = "md:grid md:grid-cols-[minmax(11rem,1.5fr)_minmax(8rem,1.1fr)_7.5rem_8.5rem_minmax(9rem,1.2fr)_6.5rem] md:items-center md:gap-x-4";

/** One machine in the list: a row on a wide screen, a card on a phone. */
export const MachineRow = memo(function MachineRow({ machine }: { machine: Machine }) {
  const command = sshCommand(machine);
  return (
    <div role="row" className={`rows-later relative flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-2.5 ${columns}`}>
      <div role="cell" className="flex min-w-0 flex-1 basis-1/2 items-center gap-3">
        <Thumbnail machine={machine.id} name={machine.name} on={machine.state === "running"} />
        <div className="min-w-0">
          <Link to="/machines/$name" params={{ name: addressOf(machine) }} className="block truncate font-semibold hover:underline hover:decoration-line-strong hover:underline-offset-3">
            {machine.name}
          </Link>
          <p className="truncate text-xs text-faint">
            {machine.shared && <>shared by {machine.shared.by} · </>}
            {machine.image ?? "adopted"}{machine.host !== "local" && <> · {machine.host}</>} · <Ago at={machine.createdAt} />
            {machine.expiresAt && <> · ends <Ago at={machine.expiresAt} /></>}
          </p>
        </div>
      </div>
      <div role="cell" className={`order-3 min-w-0 md:order-none ${machine.operation || machine.problem ? "basis-full" : ""}`}>
        {machine.operation ? (
          <InlineProgress id={machine.operation} />
        ) : (
          <>
            <StateDot state={machine.state} />
            {machine.problem && (
              <p className="truncate text-xs text-bad" title={machine.problem.detail ?? machine.problem.title}>
                {machine.problem.detail ?? machine.problem.title}
              </p>
            )}
          </>
        )}
      </div>
      <div role="cell" className="order-4 flex text-sm text-soft md:order-none">
        <ReadinessStrokes machine={machine} />
      </div>
      <div role="cell" className="order-4 text-sm text-soft tabular-nums md:order-none">
        {memory(machine.spec.memoryMiB)} · {machine.spec.cpus} CPU{machine.spec.cpus === 1 ? "" : "s"}
      </div>
      <div role="cell" className="order-5 flex min-w-0 items-center gap-1 md:order-none">
        {command && machine.ssh ? (
          <>
            <code className="truncate font-mono text-xs text-soft">
              {machine.ssh.user}@{machine.ssh.host}:{machine.ssh.port}
            </code>
            <CopyButton text={command} label="Copy the ssh command" />
          </>
        ) : (
          <span className="hidden text-faint md:inline">–</span>
        )}
      </div>
      <div role="cell" className="order-2 md:order-none">
        <RowActions machine={machine} />
      </div>
    </div>
  );
});
