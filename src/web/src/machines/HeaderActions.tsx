import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowRightLeft, CopyPlus, GitFork, Medal, Moon, Pause, Play, Power, RotateCw, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Machine } from "../api/types";
import { can as hostCan } from "../hosts/capabilities";
import { Fork } from "../golden/Fork";
import { MakeGolden } from "../golden/MakeGolden";
import { hostQuery } from "../hosts/queries";
import { Button } from "../layout/Button";
import { Menu, type MenuItem } from "../layout/Menu";
import { Clone } from "./Clone";
import { DeleteMachine } from "./MachineActions";
import { Migrate } from "./Migrate";
import { useMachineAction } from "./queries";
import { allowed, mayUse, switchOffLabel } from "./state";

/** What can be done with a machine, on its own page. What its host cannot do is not offered. */
export function HeaderActions({ machine }: { machine: Machine }) {
  const action = useMachineAction(machine);
  const navigate = useNavigate();
  const { data: host } = useQuery(hostQuery(machine.host));
  const [asking, setAsking] = useState<"delete" | "migrate" | "clone" | "fork" | "golden">();
  const close = () => setAsking(undefined);
  const can = allowed(machine);
  const remove = async () => {
    await action.mutateAsync("delete");
    await navigate({ to: "/" });
  };
  const items: MenuItem[] = [];
  if (hostCan(host, "power").available)
    items.push(machine.state === "paused" ? { label: "Resume", icon: <Play />, onSelect: () => action.mutate("resume"), disabled: !can.resume } : { label: "Pause", icon: <Pause />, onSelect: () => action.mutate("pause"), disabled: !can.pause });
  if (hostCan(host, "suspend").available) items.push({ label: "Suspend", icon: <Moon />, onSelect: () => action.mutate("suspend"), disabled: !can.suspend });
  const own = !machine.shared;
  if (own && hostCan(host, "migration").available) items.push({ label: can.migrate ? "Move to another host…" : "Move (while it runs)…", icon: <ArrowRightLeft />, onSelect: () => setAsking("migrate"), disabled: !can.migrate });
  if (own && hostCan(host, "clones").available) items.push({ label: can.clone ? "Clone…" : "Clone (while it is stopped)…", icon: <CopyPlus />, onSelect: () => setAsking("clone"), disabled: !can.clone });
  const [forks, clones] = [hostCan(host, "forks").available, hostCan(host, "clones").available];
  if (own && forks) items.push({ label: can.fork ? "Fork…" : "Fork (while it runs)…", icon: <GitFork />, onSelect: () => setAsking("fork"), disabled: !can.fork });
  if (own && (forks || clones)) items.push({ label: "Make a golden image…", icon: <Medal />, onSelect: () => setAsking("golden"), disabled: !can.fork && !(clones && can.clone) });
  items.push({ label: switchOffLabel(machine.state), icon: <Power />, onSelect: () => action.mutate("kill"), disabled: !can.stop });
  if (own) items.push({ label: "Delete…", icon: <Trash2 />, onSelect: () => setAsking("delete"), danger: true, disabled: !can.remove });
  if (!mayUse(machine)) return null;
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
      <Menu label="More actions" items={items} />
      <DeleteMachine machine={machine} open={asking === "delete"} onClose={close} onConfirm={remove} />
      {asking === "migrate" && <Migrate machine={machine} onClose={close} />}
      {asking === "clone" && <Clone machine={machine} onClose={close} />}
      {asking === "fork" && <Fork machine={machine} onClose={close} />}
      {asking === "golden" && <MakeGolden machine={machine} warm={forks && can.fork} disk={clones} onClose={close} />}
    </div>
  );
}
