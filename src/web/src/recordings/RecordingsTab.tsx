import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Clapperboard } from "lucide-react";
import { Switch } from "radix-ui";
import { entries } from "../api/pages";
import type { Machine } from "../api/types";
import { can } from "../hosts/capabilities";
import { hostQuery } from "../hosts/queries";
import { MoreRows } from "../layout/MoreRows";
import { Empty, Loaded, Panel } from "../layout/PageFrame";
import { recordingsQuery, useRecord } from "./queries";
import { RecordingLine } from "./RecordingLine";

/** What the machine showed on its screen, and whether that is kept. */
export function RecordingsTab({ machine }: { machine: Machine }) {
  const list = useInfiniteQuery(recordingsQuery(machine.id));
  return (
    <Loaded query={list}>
      {(data) => {
        const recordings = entries(data);
        if (recordings.length === 0)
          return (
            <Empty icon={<Clapperboard />} title={machine.recordScreen ? "Nothing is recorded yet" : "The screen is not recorded"} action={<RecordSwitch machine={machine} />}>
              A recording keeps what {machine.name} shows on its screen, from when it is switched on until it is off: to see again how it booted, or what happened in the night. Nobody who looks at the screen notices.
            </Empty>
          );
        return (
          <>
            <Panel title={`${recordings.length}${list.hasNextPage ? "+" : ""} ${recordings.length === 1 ? "recording" : "recordings"}`} aside={<RecordSwitch machine={machine} />}>
              <ul className="divide-y">
                {recordings.map((recording) => (
                  <RecordingLine key={recording.id} recording={recording} />
                ))}
              </ul>
            </Panel>
            <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
          </>
        );
      }}
    </Loaded>
  );
}

function RecordSwitch({ machine }: { machine: Machine }) {
  const record = useRecord(machine);
  const { data: host } = useQuery(hostQuery(machine.host));
  const { available, reason } = can(host, "screen");
  const able = machine.recordScreen || !host || available;
  return (
    <label className="flex items-center gap-2.5 text-sm font-medium" title={able ? undefined : reason}>
      Record the screen
      <Switch.Root
        checked={record.isPending ? record.variables : machine.recordScreen}
        disabled={!able || record.isPending}
        onCheckedChange={(on) => record.mutate(on)}
        className="relative h-5 w-9 rounded-full bg-line-strong transition-colors disabled:opacity-45 data-[state=checked]:bg-bad"
      >
        <Switch.Thumb className="block size-4 translate-x-0.5 rounded-full bg-card shadow-card transition-transform data-[state=checked]:translate-x-4.5" />
      </Switch.Root>
    </label>
  );
}
