import { MonitorOff, Share2 } from "lucide-react";
import { useState } from "react";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import { allowed } from "../machines/state";
import { ScreenFrame } from "./ScreenFrame";
import { ShareScreen } from "./ShareScreen";

const being: Partial<Record<Machine["state"], string>> = { creating: "being created", deleting: "being deleted", failed: "off: it failed", unknown: "out of sight" };

/** A machine's screen, and the links to it. */
export function Console({ machine }: { machine: Machine }) {
  const [sharing, setSharing] = useState(false);
  const absent = {
    title: `The machine is ${being[machine.state] ?? machine.state}`,
    ...(machine.state === "deleting" ? {} : { detail: "Its screen appears here when it runs." }),
    icon: <MonitorOff className="mb-2 size-7 stroke-[1.4] opacity-50" />,
  };
  return (
    <>
      <ScreenFrame
        title="Console"
        way={() => `/api/v1/machines/${encodeURIComponent(machine.id)}/screen`}
        // Switched on anew, or with more to be done by you, it is connected to anew.
        which={`${machine.id} ${machine.processId ?? ""} ${machine.shared?.role ?? ""}`}
        available={allowed(machine).screen}
        absent={absent}
        actions={
          machine.shared ? undefined : <Button look="quiet" size="sm" icon={<Share2 className="size-4" />} onClick={() => setSharing(true)} title="Share it with people, or by a link" className="max-sm:px-1.5">
            <span className="max-sm:sr-only">Share</span>
          </Button>
        }
      />
      {sharing && <ShareScreen machine={machine} onClose={() => setSharing(false)} />}
    </>
  );
}
