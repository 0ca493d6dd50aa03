import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Cable, Monitor, SquareTerminal } from "lucide-react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import { entries } from "../api/pages";
import type { Connection, Machine } from "../api/types";
import { connectionsOfQuery } from "../console/queries";
import { Ago } from "../layout/Ago";
import { bytes, duration } from "../layout/format";
import { MoreRows } from "../layout/MoreRows";
import { Loaded, Panel } from "../layout/PageFrame";

const icons = { screen: <Monitor className="size-4" />, serial: <SquareTerminal className="size-4" />, port: <Cable className="size-4" /> };
const words = { screen: "Screen", serial: "Serial line", port: "Port" };

/** Who is at the machine's consoles, and who was. */
export function ConnectionsTab({ machine }: { machine: Machine }) {
  const list = useInfiniteQuery(connectionsOfQuery(machine.id));
  const administers = useIsAdministrator();
  return (
    <>
      {administers && (
        <p className="mb-3 text-right text-sm">
          <Link to="/audit" search={{ subject: machine.id }} className="text-soft underline decoration-line-strong underline-offset-3 hover:decoration-ink">
            All that was done to it
          </Link>
        </p>
      )}
      <Loaded query={list}>
        {(data) =>
          entries(data).length === 0 ? (
            <p className="py-6 text-center text-sm text-faint">Nobody has been at its consoles yet.</p>
          ) : (
            <>
              <Panel>
                <ul className="divide-y" aria-label="Connections">
                  {entries(data).map((connection) => (
                    <Row key={connection.id} connection={connection} />
                  ))}
                </ul>
              </Panel>
              <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Row({ connection }: { connection: Connection }) {
  const open = !connection.endedAt;
  return (
    <li className="rows-later flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2.5">
      <span className={`self-center ${open ? "text-good" : "text-faint"}`} title={words[connection.kind]}>
        {icons[connection.kind]}
      </span>
      <span className="font-medium">{connection.user}</span>
      <span className="text-sm text-soft">
        {words[connection.kind].toLowerCase()}
        {connection.role === "view" && ", looks on"}
        {connection.shareId && ", by a link"} · {connection.address}
      </span>
      <span className="ml-auto text-xs text-faint tabular-nums">
        {bytes(connection.sentBytes)} sent, {bytes(connection.receivedBytes)} received ·{" "}
        {open ? <b className="font-medium text-good">connected ·</b> : `${duration(Date.parse(connection.endedAt ?? "") - Date.parse(connection.startedAt))} ·`} <Ago at={connection.startedAt} />
      </span>
    </li>
  );
}
