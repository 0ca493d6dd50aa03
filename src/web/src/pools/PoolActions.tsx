import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Hand, Pause, Play, Scaling, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Pool } from "../api/types";
import { Button } from "../layout/Button";
import { Menu } from "../layout/Menu";
import { Claim } from "./Claim";
import { DeletePool } from "./DeletePool";
import { useDrainPool } from "./queries";
import { ResizePool } from "./ResizePool";

/** What can be done with a pool. */
export function PoolActions({ pool, size = "md" }: { pool: Pool; size?: "sm" | "md" }) {
  const drain = useDrainPool(pool);
  const navigate = useNavigate();
  const onItsPage = useRouterState({ select: (state) => state.location.pathname }) !== "/pools";
  const [asking, setAsking] = useState<"claim" | "resize" | "delete">();
  const close = () => setAsking(undefined);
  const draining = pool.state === "draining";
  return (
    <div className="flex items-center gap-1.5">
      <Button size={size} look={size === "md" ? "primary" : "plain"} aria-label={`Claim from ${pool.name}`} icon={<Hand className={size === "sm" ? "size-3.5" : "size-4"} />} disabled={draining} title={draining ? "It is draining and lends nothing" : undefined} onClick={() => setAsking("claim")}>
        Claim
      </Button>
      <Menu
        label={`More for ${pool.name}`}
        items={[
          { label: "Resize…", icon: <Scaling />, onSelect: () => setAsking("resize") },
          draining || pool.problem
            ? { label: draining ? "Resume: lend and fill again" : "Try to fill again now", icon: <Play />, onSelect: () => drain.mutate(false) }
            : { label: "Drain: lend nothing more", icon: <Pause />, onSelect: () => drain.mutate(true) },
          { label: "Delete…", icon: <Trash2 />, onSelect: () => setAsking("delete"), danger: true },
        ]}
      />
      {asking === "claim" && <Claim pool={pool} onClose={close} />}
      {asking === "resize" && <ResizePool pool={pool} onClose={close} />}
      {asking === "delete" && <DeletePool pool={pool} onDeleted={async () => void (onItsPage && (await navigate({ to: "/pools" })))} onClose={close} />}
    </div>
  );
}
