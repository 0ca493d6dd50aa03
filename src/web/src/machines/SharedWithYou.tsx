import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { sessionQuery } from "../access/session";
import type { Machine } from "../api/types";
import { useUnshareMachine } from "../console/queries";
import { Button } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Notice } from "../layout/Notice";
import { mayUse } from "./state";

/** By whom a machine of another project is shared with you, what that allows, and a way to leave it. */
export function SharedWithYou({ machine, by }: { machine: Machine; by: string }) {
  const me = useQuery(sessionQuery).data?.user;
  const leave = useUnshareMachine(machine.id);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const confirmed = async () => {
    if (!me) return;
    await leave.mutateAsync(me);
    await navigate({ to: "/" });
  };
  return (
    <Notice
      tone="info"
      title={`${by} shares this machine with you`}
      detail={`${machine.owner === by ? "" : `It belongs to ${machine.owner}. `}${mayUse(machine) ? "You use it as your own, and cannot delete, resize or copy it." : "You may look at it; what you type does not reach it."}`}
    >
      <div className="mt-2">
        <Button size="sm" onClick={() => setAsking(true)}>
          Leave
        </Button>
      </div>
      <Confirm open={asking} title={`Leave ${machine.name}?`} action="Leave" onConfirm={confirmed} onClose={() => setAsking(false)}>
        <p>What you have open of it closes, and it is gone from your machines. {by} can let you in again.</p>
      </Confirm>
    </Notice>
  );
}
