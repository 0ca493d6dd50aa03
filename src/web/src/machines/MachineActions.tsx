import { Link } from "@tanstack/react-router";
import { Play, Power, RotateCw, Square, SquareTerminal, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Machine } from "../api/types";
import { buttonClass, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Menu } from "../layout/Menu";
import { useMachineAction } from "./queries";
import { addressOf, allowed, mayUse, switchOffLabel } from "./state";

/** What can be done with a machine, as icons at the end of its row. */
export function RowActions({ machine }: { machine: Machine }) {
  const action = useMachineAction(machine);
  const [deleting, setDeleting] = useState(false);
  const can = allowed(machine);
  return (
    <div className="flex items-center justify-end gap-0.5">
      <Link to="/machines/$name" params={{ name: addressOf(machine) }} aria-label={`Open the console of ${machine.name}`} title="Open console" className={`${buttonClass("quiet", "sm")} px-1.5`}>
        <SquareTerminal className="size-4" />
      </Link>
      {!mayUse(machine) ? null : can.start || machine.state === "stopped" ? (
        <IconButton label={`Start ${machine.name}`} disabled={!can.start || action.isPending} onClick={() => action.mutate("start")}>
          <Play className="size-4" />
        </IconButton>
      ) : (
        <IconButton label={`Stop ${machine.name}`} disabled={!can.stop || action.isPending} onClick={() => action.mutate("stop")}>
          <Square className="size-4" />
        </IconButton>
      )}
      {mayUse(machine) && (
        <Menu
          label={`More for ${machine.name}`}
          items={[
            { label: "Restart", icon: <RotateCw />, onSelect: () => action.mutate("restart"), disabled: !can.restart },
            { label: switchOffLabel(machine.state), icon: <Power />, onSelect: () => action.mutate("kill"), disabled: !can.stop },
            ...(machine.shared ? [] : [{ label: "Delete…", icon: <Trash2 />, onSelect: () => setDeleting(true), danger: true, disabled: !can.remove }]),
          ]}
        />
      )}
      <DeleteMachine machine={machine} open={deleting} onClose={() => setDeleting(false)} onConfirm={() => action.mutateAsync("delete")} />
    </div>
  );
}

/** Asks before a machine is removed. */
export function DeleteMachine({ machine, ...dialog }: { machine: Machine; open: boolean; onClose: () => void; onConfirm: () => Promise<unknown> }) {
  return (
    <Confirm {...dialog} title={`Delete ${machine.name}?`} action="Delete machine">
      <p>
        The machine is switched off and its {machine.spec.diskGiB > 0 ? `${machine.spec.diskGiB} GiB disk` : "state"} is removed. There is no way back.
        {machine.spec.dataDisks.some((disk) => disk.path) && " Disks that were attached from existing files stay."}
      </p>
    </Confirm>
  );
}
