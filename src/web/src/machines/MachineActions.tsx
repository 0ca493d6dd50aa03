import { Link, useNavigate } from "@tanstack/react-router";
import { Play, Power, RotateCw, Square, SquareTerminal, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Machine } from "../api/types";
import { Button, buttonClass, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Menu } from "../layout/Menu";
import { useMachineAction } from "./queries";
import { allowed } from "./state";

/** What can be done with a machine, as icons at the end of its row. */
export function RowActions({ machine }: { machine: Machine }) {
  const action = useMachineAction(machine);
  const [deleting, setDeleting] = useState(false);
  const can = allowed(machine);
  return (
    <div className="flex items-center justify-end gap-0.5">
      <Link to="/machines/$name" params={{ name: machine.name }} aria-label={`Open the console of ${machine.name}`} title="Open console" className={`${buttonClass("quiet", "sm")} px-1.5`}>
        <SquareTerminal className="size-4" />
      </Link>
      {can.start || machine.state === "stopped" ? (
        <IconButton label={`Start ${machine.name}`} disabled={!can.start || action.isPending} onClick={() => action.mutate("start")}>
          <Play className="size-4" />
        </IconButton>
      ) : (
        <IconButton label={`Stop ${machine.name}`} disabled={!can.stop || action.isPending} onClick={() => action.mutate("stop")}>
          <Square className="size-4" />
        </IconButton>
      )}
      <Menu
        label={`More for ${machine.name}`}
        items={[
          { label: "Restart", icon: <RotateCw />, onSelect: () => action.mutate("restart"), disabled: !can.restart },
          { label: "Switch off at once", icon: <Power />, onSelect: () => action.mutate("kill"), disabled: !can.stop },
          { label: "Delete…", icon: <Trash2 />, onSelect: () => setDeleting(true), danger: true, disabled: !can.remove },
        ]}
      />
      <DeleteMachine machine={machine} open={deleting} onClose={() => setDeleting(false)} onConfirm={() => action.mutateAsync("delete")} />
    </div>
  );
}

/** The same as buttons, for the machine's own page. */
export function HeaderActions({ machine }: { machine: Machine }) {
  const action = useMachineAction(machine);
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const can = allowed(machine);
  const remove = async () => {
    await action.mutateAsync("delete");
    await navigate({ to: "/" });
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      {machine.state === "stopped" || machine.state === "failed" || machine.state === "suspended" ? (
        <Button look="primary" icon={<Play className="size-4" />} disabled={!can.start} busy={action.isPending} onClick={() => action.mutate("start")}>
          Start
        </Button>
      ) : (
        <>
          <Button icon={<RotateCw className="size-4" />} disabled={!can.restart} onClick={() => action.mutate("restart")}>
            Restart
          </Button>
          <Button icon={<Square className="size-4" />} disabled={!can.stop} busy={action.isPending} onClick={() => action.mutate("stop")}>
            Stop
          </Button>
        </>
      )}
      <Menu
        label="More actions"
        items={[
          { label: "Switch off at once", icon: <Power />, onSelect: () => action.mutate("kill"), disabled: !can.stop },
          { label: "Delete…", icon: <Trash2 />, onSelect: () => setDeleting(true), danger: true, disabled: !can.remove },
        ]}
      />
      <DeleteMachine machine={machine} open={deleting} onClose={() => setDeleting(false)} onConfirm={remove} />
    </div>
  );
}

function DeleteMachine({ machine, ...dialog }: { machine: Machine; open: boolean; onClose: () => void; onConfirm: () => Promise<unknown> }) {
  return (
    <Confirm {...dialog} title={`Delete ${machine.name}?`} action="Delete machine">
      <p>
        The machine is switched off and its {machine.spec.diskGiB > 0 ? `${machine.spec.diskGiB} GiB disk` : "state"} is removed. There is no way back.
        {machine.spec.dataDisks.some((disk) => disk.path) && " Disks that were attached from existing files stay."}
      </p>
    </Confirm>
  );
}
