import { useInfiniteQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { lazy, Suspense } from "react";
import { entries } from "../api/pages";
import type { Machine } from "../api/types";
import { MoreRows } from "../layout/MoreRows";
import { Loaded, Panel } from "../layout/PageFrame";
import { OperationRow } from "../operations/OperationRow";
import { operationsOfQuery } from "../operations/queries";
import { RecordingsTab } from "../recordings/RecordingsTab";
import { SnapshotsTab } from "../snapshots/SnapshotsTab";
import { ConnectionsTab } from "./ConnectionsTab";
import { SerialLog } from "./SerialLog";

// The terminal is larger than the rest of the page.
const SerialConsole = lazy(() => import("../terminal/SerialConsole"));

const tab = "-mb-px border-b-2 border-transparent px-1 pb-2 font-medium text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink";

/** What is no matter of those whom the machine is shared with. */
const ofItsProject = [
  ["snapshots", "Snapshots"],
  ["recordings", "Recordings"],
  ["connections", "Connections"],
] as const;

/** What the machine wrote, what it can go back to, what it showed, who was at its consoles, and what was done to it. */
export function MachineTabs({ machine }: { machine: Machine }) {
  return (
    <Tabs.Root defaultValue="log">
      <Tabs.List aria-label="More about the machine" className="mb-3 flex gap-4 overflow-x-auto border-b whitespace-nowrap">
        <Tabs.Trigger value="log" className={tab}>
          Serial log
        </Tabs.Trigger>
        <Tabs.Trigger value="serial" className={tab}>
          Serial console
        </Tabs.Trigger>
        {!machine.shared &&
          ofItsProject.map(([value, label]) => (
            <Tabs.Trigger key={value} value={value} className={tab}>
              {label}
            </Tabs.Trigger>
          ))}
        <Tabs.Trigger value="operations" className={tab}>
          Operations
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="log">
        <SerialLog machine={machine} />
      </Tabs.Content>
      <Tabs.Content value="serial">
        <Suspense fallback={<div role="status" aria-label="Loading" className="h-96" />}>
          <SerialConsole key={machine.shared?.role ?? ""} machine={machine} />
        </Suspense>
      </Tabs.Content>
      <Tabs.Content value="snapshots">
        <SnapshotsTab machine={machine} />
      </Tabs.Content>
      <Tabs.Content value="recordings">
        <RecordingsTab machine={machine} />
      </Tabs.Content>
      <Tabs.Content value="connections">
        <ConnectionsTab machine={machine} />
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
