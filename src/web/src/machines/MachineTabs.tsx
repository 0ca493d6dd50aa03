import { useInfiniteQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { entries } from "../api/pages";
import type { Machine } from "../api/types";
import { MoreRows } from "../layout/MoreRows";
import { Loaded, Panel } from "../layout/PageFrame";
import { OperationRow } from "../operations/OperationRow";
import { operationsOfQuery } from "../operations/queries";
import { SnapshotsTab } from "../snapshots/SnapshotsTab";
import { SerialLog } from "./SerialLog";

const tab = "-mb-px border-b-2 border-transparent px-1 pb-2 font-medium text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink";

/** What the machine wrote, what it can go back to, and what was done to it. */
export function MachineTabs({ machine }: { machine: Machine }) {
  return (
    <Tabs.Root defaultValue="log">
      <Tabs.List aria-label="More about the machine" className="mb-3 flex gap-4 border-b">
        <Tabs.Trigger value="log" className={tab}>
          Serial log
        </Tabs.Trigger>
        <Tabs.Trigger value="snapshots" className={tab}>
          Snapshots
        </Tabs.Trigger>
        <Tabs.Trigger value="operations" className={tab}>
          Operations
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="log">
        <SerialLog machine={machine} />
      </Tabs.Content>
      <Tabs.Content value="snapshots">
        <SnapshotsTab machine={machine} />
      </Tabs.Content>
      <Tabs.Content value="operations">
        <History machine={machine} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

function History({ machine }: { machine: Machine }) {
  const list = useInfiniteQuery(operationsOfQuery(machine.id));
  return (
    <Loaded query={list}>
      {(data) => (
        <>
          <Panel>
            <ul className="divide-y">
              {entries(data).map((operation) => (
                <OperationRow key={operation.id} operation={operation} subject={false} />
              ))}
            </ul>
          </Panel>
          <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
        </>
      )}
    </Loaded>
  );
}
