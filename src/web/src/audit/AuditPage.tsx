import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { ScrollText, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import { explain } from "../api/problem";
import { entries } from "../api/pages";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { SelectField, TextField } from "../layout/Field";
import { MoreRows } from "../layout/MoreRows";
import { Notice } from "../layout/Notice";
import { Empty, Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { useSettled } from "../layout/useSettled";
import { EntryRow } from "./EntryRow";
import { everything, isNarrow, type Filter } from "./filter";
import { auditQuery, useVerify } from "./queries";
import { groups } from "./words";

const results = [["any", "All"], ["ok", "Done"], ["refused", "Refused"], ["failed", "Failed"]] as const;
const times = [["any", "Any time"], ["hour", "The last hour"], ["day", "The last day"], ["week", "The last week"]] as const;

/** Who did what, for administrators. */
export function AuditPage() {
  const { subject = "" } = useSearch({ from: "/shell/audit" });
  const [filter, setFilter] = useState<Filter>({ ...everything, subject });
  // What is being typed is not asked for letter by letter.
  const list = useInfiniteQuery(auditQuery(useSettled(filter, 250)));
  const verify = useVerify();
  const administers = useIsAdministrator();
  const put = (change: Partial<Filter>) => setFilter({ ...filter, ...change });
  return (
    <PageFrame
      title="Audit"
      lead="Who did what, to what, from where, and what came of it. Entries are never changed."
      actions={
        administers && (
          <Button icon={<ShieldCheck className="size-4" />} busy={verify.isPending} onClick={() => verify.mutate()}>
            Verify
          </Button>
        )
      }
    >
      <Verdict verify={verify} />
      <div className="mb-4 grid grid-cols-2 items-end gap-3 lg:grid-cols-[1fr_1fr_1fr_1fr_auto]">
        <TextField label="Who" placeholder="Name of a user" value={filter.who} onChange={(event) => put({ who: event.target.value })} />
        <SelectField label="What" options={groups} value={filter.what} onChange={(event) => put({ what: event.target.value })} />
        <TextField label="To what" placeholder="Name or id" value={filter.subject} onChange={(event) => put({ subject: event.target.value })} />
        <SelectField label="When" options={times} value={filter.time} onChange={(event) => put({ time: event.target.value as Filter["time"] })} />
        <div className="col-span-2 flex lg:col-span-1">
          <Choice label="Result" options={results} value={filter.result} onChange={(result) => put({ result })} />
        </div>
      </div>
      <Loaded query={list}>
        {(data) =>
          entries(data).length === 0 ? (
            <Empty
              icon={<ScrollText />}
              title={isNarrow(filter) ? "None of these" : "Nothing has been done yet"}
              action={isNarrow(filter) && <Button onClick={() => setFilter(everything)}>Show everything</Button>}
            >
              Every change, every console that is opened and every try to log in is written down here.
            </Empty>
          ) : (
            <>
              <Panel>
                <ul className="divide-y" aria-label="Audit entries">
                  {entries(data).map((entry) => (
                    <EntryRow key={entry.seq} entry={entry} />
                  ))}
                </ul>
              </Panel>
              <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
            </>
          )
        }
      </Loaded>
    </PageFrame>
  );
}

/** What the walk through the chain has shown. */
function Verdict({ verify: { data, error } }: { verify: ReturnType<typeof useVerify> }) {
  if (error) return <div className="mb-4"><Notice tone="bad" {...explain(error)} /></div>;
  if (!data) return null;
  return (
    <div className="mb-4">
      {data.intact ? (
        <Notice tone="info" title={`Intact: ${data.entries} entries`} detail="Keep the head elsewhere: only against a kept one it shows whether the end was cut off.">
          <code className="mt-1 block font-mono text-xs wrap-anywhere">
            {data.head.seq}:{data.head.hash}
          </code>
        </Notice>
      ) : (
        <Notice tone="bad" title={`Broken at entry ${data.brokenSeq ?? "?"}`} detail={data.problem ?? ""} />
      )}
    </div>
  );
}
