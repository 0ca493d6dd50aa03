import { useQuery } from "@tanstack/react-query";
import { Plus, Server } from "lucide-react";
import { useState } from "react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import { Button } from "../layout/Button";
import { Empty, Loaded, PageFrame } from "../layout/PageFrame";
import { AddHost } from "./AddHost";
import { CapabilityMatrix } from "./CapabilityMatrix";
import { HostCard } from "./HostCard";
import { hostsQuery } from "./queries";

/** Where machines run, what is wrong there, what each place can do. */
export function HostsPage() {
  const hosts = useQuery(hostsQuery);
  const owner = useIsAdministrator();
  const [adding, setAdding] = useState(false);
  const add = owner && (
    <Button look="primary" icon={<Plus className="size-4" />} onClick={() => setAdding(true)}>
      Add host
    </Button>
  );
  return (
    <PageFrame title="Hosts" lead="Where machines run: how it stands with each, how much room is left, what is in the way." actions={add}>
      <Loaded query={hosts}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<Server />} title="No hosts" action={add}>
              The server knows no place where machines could run.
            </Empty>
          ) : (
            <div className="flex flex-col gap-5">
              <div className="grid items-start gap-5 xl:grid-cols-2 xl:[&>*:only-child]:col-span-2">
                {list.map((host) => (
                  <HostCard key={host.name} host={host} />
                ))}
              </div>
              <CapabilityMatrix hosts={list} />
            </div>
          )
        }
      </Loaded>
      {adding && <AddHost hosts={hosts.data ?? []} onClose={() => setAdding(false)} />}
    </PageFrame>
  );
}
