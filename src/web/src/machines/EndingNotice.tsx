import { Link } from "@tanstack/react-router";
import type { Machine } from "../api/types";
import { useNow } from "../layout/Ago";
import { Button } from "../layout/Button";
import { Notice } from "../layout/Notice";
import { warningWords } from "./ending";
import { useKeep } from "./queries";

/** What will happen to the machine by itself before long, and a way to put it off. */
export function EndingNotice({ machine }: { machine: Machine }) {
  const now = useNow();
  const keep = useKeep(machine);
  const words = warningWords(machine, now);
  if (!words) return null;
  // Whoever it belongs to says how long it lives.
  if (machine.shared) return <Notice tone="warn" {...words} />;
  return (
    <Notice tone="warn" {...words}>
      <div className="mt-2">
        {machine.lease && machine.pool ? (
          <Link to="/pools/$name" params={{ name: machine.pool }} className="text-sm font-medium underline underline-offset-3">
            Leases of {machine.pool}
          </Link>
        ) : (
          <Button size="sm" busy={keep.isPending} onClick={() => keep.mutate()}>
            Keep it
          </Button>
        )}
      </div>
    </Notice>
  );
}
