import { useQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import { Empty, Loaded, PageFrame } from "../layout/PageFrame";
import { HostCard } from "./HostCard";
import { hostsQuery } from "./queries";

/** Where machines run, and what is wrong there. */
export function HostsPage() {
  const hosts = useQuery(hostsQuery);
  return (
    <PageFrame title="Hosts" lead="Where machines run: what they are run with, how much room is left, what is in the way.">
      <Loaded query={hosts}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={<Server />} title="No hosts">
              The server knows no place where machines could run.
            </Empty>
          ) : (
            <div className="flex flex-col gap-5">
              {list.map((host) => (
                <HostCard key={host.name} host={host} />
              ))}
            </div>
          )
        }
      </Loaded>
    </PageFrame>
  );
}
