import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import type { Host, Network, NetworkKind } from "../api/types";
import { Button, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Loaded } from "../layout/PageFrame";
import { can } from "./capabilities";
import { CreateNetwork } from "./CreateNetwork";
import { OnHost, Up, Whose } from "./OnHost";
import { networksQuery, useDeleteNetwork } from "./resources";

export const networkKinds: Record<NetworkKind, { label: string; means: string }> = {
  nat: { label: "NAT", means: "Guests get out through the host's address; nobody reaches in." },
  isolated: { label: "Isolated", means: "Guests reach each other and the host, nothing else." },
  bridge: { label: "Bridge", means: "Guests are neighbours of whatever is on a bridge of the host." },
  other: { label: "Other", means: "Made elsewhere, in another way." },
};

/** Networks of a host, where machines can name one. */
export function Networks({ host, answers }: { host: Host; answers: boolean }) {
  const owner = useIsAdministrator();
  const has = can(host, "networks").available;
  const networks = useQuery({ ...networksQuery(host.name), enabled: has && answers });
  const [making, setMaking] = useState(false);
  if (!has) return null;
  const add = owner && (
    <Button look="quiet" size="sm" icon={<Plus className="size-3.5" />} onClick={() => setMaking(true)}>
      New network
    </Button>
  );
  return (
    <OnHost title="Networks" host={host} answers={answers} aside={add}>
      <div className={networks.data ? "" : "p-4"}>
        <Loaded query={networks}>
          {(list) => (
            <>
              {list.length === 0 && <p className="px-4 py-4 text-sm text-soft">There are none.</p>}
              <ul className="divide-y">
                {list.map((network) => (
                  <Line key={network.name} host={host} network={network} owner={owner} />
                ))}
              </ul>
            </>
          )}
        </Loaded>
      </div>
      {making && <CreateNetwork host={host} onClose={() => setMaking(false)} />}
    </OnHost>
  );
}

function Line({ host, network, owner }: { host: Host; network: Network; owner: boolean }) {
  const remove = useDeleteNetwork(host.name);
  const [asking, setAsking] = useState(false);
  const { label, means } = networkKinds[network.kind];
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 text-sm">
      <span className="font-semibold">{network.name}</span>
      <span className="text-soft" title={means}>
        {label}
      </span>
      <span className="font-mono text-xs text-faint">{[network.range, network.bridge && `bridge ${network.bridge}`].filter(Boolean).join(" · ")}</span>
      <span className="ml-auto flex items-center gap-1.5">
        <Up active={network.active} />
        <Whose ours={network.ours} />
        {owner && network.ours && (
          <IconButton label={`Remove network ${network.name}`} onClick={() => setAsking(true)}>
            <Trash2 className="size-4" />
          </IconButton>
        )}
      </span>
      <Confirm open={asking} onClose={() => setAsking(false)} title={`Remove network ${network.name}?`} action="Remove network" onConfirm={() => remove.mutateAsync(network.name)}>
        <p>It is taken down on {host.name}. A network that machines use is kept.</p>
      </Confirm>
    </li>
  );
}
