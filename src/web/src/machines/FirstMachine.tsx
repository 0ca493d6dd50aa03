import { MonitorDot, Plus } from "lucide-react";
import { Button } from "../layout/Button";
import { Empty } from "../layout/PageFrame";

/** What the list shows before there is any machine. */
export function FirstMachine({ onLaunch }: { onLaunch: () => void }) {
  return (
    <Empty
      icon={<MonitorDot />}
      title="No machines yet"
      action={
        <Button look="primary" icon={<Plus className="size-4" />} onClick={onLaunch}>
          Launch the first machine
        </Button>
      }
    >
      A machine is a whole computer with its own disk, screen and network. The image <strong className="font-semibold text-ink">tiny</strong> boots in seconds and shows that everything works here.
    </Empty>
  );
}
