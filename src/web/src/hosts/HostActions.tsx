import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Pencil, RefreshCw, ShieldMinus, ShieldPlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import type { Host } from "../api/types";
import { Button } from "../layout/Button";
import { Menu, type MenuItem } from "../layout/Menu";
import { EditHost } from "./EditHost";
import { useDrain, useKind, useProbe } from "./queries";
import { RemoveHost } from "./RemoveHost";

/** What can be done with a host. */
export function HostActions({ host, size = "md" }: { host: Host; size?: "sm" | "md" }) {
  const owner = useIsAdministrator();
  const kind = useKind(host.hypervisor);
  const probe = useProbe();
  const drain = useDrain();
  const navigate = useNavigate();
  const onItsPage = useRouterState({ select: (state) => state.location.pathname }) !== "/hosts";
  const [asking, setAsking] = useState<"edit" | "remove">();
  const items: MenuItem[] = [
    host.draining
      ? { label: "Take new machines again", icon: <ShieldPlus />, onSelect: () => drain.mutate({ name: host.name, on: false }) }
      : { label: "Drain: no new machines", icon: <ShieldMinus />, onSelect: () => drain.mutate({ name: host.name, on: true }) },
  ];
  if (!host.configured) {
    items.push({ label: "Edit…", icon: <Pencil />, onSelect: () => setAsking("edit"), disabled: !kind });
    items.push({ label: "Remove…", icon: <Trash2 />, onSelect: () => setAsking("remove"), danger: true });
  }
  return (
    <div className="flex items-center gap-1.5">
      <Button size={size} icon={<RefreshCw className="size-3.5" />} busy={probe.isPending} onClick={() => probe.mutate(host.name)}>
        Probe now
      </Button>
      {owner && <Menu label={`More for ${host.name}`} items={items} />}
      {asking === "edit" && kind && <EditHost host={host} kind={kind} onClose={() => setAsking(undefined)} />}
      {asking === "remove" && <RemoveHost host={host} onRemoved={async () => void (onItsPage && (await navigate({ to: "/hosts" })))} onClose={() => setAsking(undefined)} />}
    </div>
  );
}
