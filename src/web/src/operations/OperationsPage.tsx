import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { useState } from "react";
import { entries } from "../api/pages";
import { MoreRows } from "../layout/MoreRows";
import { Empty, Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { Choice } from "../layout/Choice";
import { OperationRow } from "./OperationRow";
import { hasEnded } from "./hasEnded";
import { operationsQuery } from "./queries";

const filters = [["all", "All"], ["live", "Under way"], ["failed", "Failed"]] as const;
type Filter = (typeof filters)[number][0];

/** What is being done and what was done. */
export function OperationsPage() {
  const list = useInfiniteQuery(operationsQuery);
  const [filter, setFilter] = useState<Filter>("all");
  return (
    <PageFrame title="Operations" lead="Everything that was asked for, with how far it has come and why it failed if it did." actions={<Choice label="Which operations" options={filters} value={filter} onChange={setFilter} />}>
      <Loaded query={list}>
        {(data) => {
          const shown = entries(data).filter((one) => filter === "all" || (filter === "failed" ? one.status === "failed" : !hasEnded(one)));
          if (shown.length === 0 && !list.hasNextPage)
            return (
              <Empty icon={<Activity />} title={filter === "all" ? "Nothing has been done yet" : "None of these"}>
                Launching a machine or importing an image is an operation; it is listed here from then on.
              </Empty>
            );
          return (
            <>
              <Panel>
                <ul className="divide-y">
                  {shown.map((operation) => (
                    <OperationRow key={operation.id} operation={operation} />
                  ))}
                </ul>
              </Panel>
              <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
            </>
          );
        }}
      </Loaded>
    </PageFrame>
  );
}
