import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { Host } from "../api/types";
import { Panel } from "../layout/PageFrame";
import { HostActions } from "./HostActions";
import { HostDot, Since, StatusNotice } from "./HostStatus";
import { HostSummary, HostTags } from "./HostSummary";
import { useKind } from "./queries";

/** One host in the list; the rest is on its own page. */
export function HostCard({ host }: { host: Host }) {
  const kind = useKind(host.hypervisor);
  const { state, since } = host.status;
  return (
    <Panel>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-2.5">
        <div className="min-w-0 flex-1">
          <h2 className="flex flex-wrap items-center gap-x-3 gap-y-1 text-lg">
            <Link to="/hosts/$name" params={{ name: host.name }} className="truncate hover:underline hover:decoration-line-strong hover:underline-offset-3">
              {host.name}
            </Link>
            <HostDot state={state} className="text-sm font-medium" />
          </h2>
          <p className="text-sm text-soft">
            {kind?.title ?? host.hypervisor} {host.version}
            {since && <> · <Since at={since} /></>}
          </p>
        </div>
        <HostActions host={host} size="sm" />
      </header>
      <div className="flex flex-col gap-4 px-4 py-4">
        <StatusNotice host={host} />
        {(host.draining || Object.keys(host.labels).length > 0) && (
          <div className="flex flex-wrap gap-1.5">
            <HostTags host={host} />
          </div>
        )}
        {host.probedAt && <HostSummary host={host} />}
        <Link to="/hosts/$name" params={{ name: host.name }} className="-mb-1 inline-flex items-center gap-0.5 self-start rounded text-sm font-medium text-soft hover:text-ink">
          Machines, networks, storage, findings <ChevronRight className="size-4" />
        </Link>
      </div>
    </Panel>
  );
}
