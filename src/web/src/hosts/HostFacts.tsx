import type { ReactNode } from "react";
import type { Host, Hypervisor } from "../api/types";
import { Ago } from "../layout/Ago";
import { inWords, memory } from "../layout/format";
import { Panel } from "../layout/PageFrame";

/** How a host is reached and how far it may be filled. Of a secret nobody is told more than whether it is there. */
export function Reached({ host, kind }: { host: Host; kind: Hypervisor | undefined }) {
  const settings = Object.entries(host.settings);
  const secrets = Object.entries(host.secrets);
  // The server's configuration writes names as it likes.
  const stated = new Set(settings.map(([name]) => name.replace(/:.*/s, "").toLowerCase()));
  const defaults = (kind?.settings ?? []).filter(({ name, default: value, secret }) => value && !secret && !stated.has(name.toLowerCase()));
  return (
    <Panel title="Settings" aside={host.configured && <span className="text-xs text-faint">from the server's configuration</span>}>
      <dl className="divide-y px-4 py-1 text-sm">
        {settings.map(([name, value]) => (
          <Fact key={name} name={settingName(name)}>
            {value}
          </Fact>
        ))}
        {secrets.map(([name, isSet]) => (
          <Fact key={name} name={inWords(name)}>
            <span className={isSet ? "" : "text-faint"}>{isSet ? "set, kept secret" : "not set"}</span>
          </Fact>
        ))}
        {defaults.map(({ name, default: value }) => (
          <Fact key={name} name={inWords(name)}>
            <span className="text-faint" title="Not stated; this holds then">
              {value}
            </span>
          </Fact>
        ))}
        <Fact name="Memory left to the host">{memory(host.reservedMemoryMiB)}</Fact>
        <Fact name="Most machines">{host.machineLimit ?? "no limit"}</Fact>
        {host.probedAt && (
          <Fact name="Last good probe">
            <Ago at={host.probedAt} />
          </Fact>
        )}
        {host.status.state === "online" && <Fact name="Probed by">{host.status.tried}</Fact>}
      </dl>
    </Panel>
  );
}

/** Whatever else the probe found, as the driver put it. */
export function Findings({ host }: { host: Host }) {
  const facts = Object.entries(host.facts);
  if (facts.length === 0) return null;
  return (
    <Panel title="Further findings">
      <dl className="grid gap-x-8 px-4 py-1 text-sm lg:grid-cols-2">
        {facts.map(([name, value]) => (
          <Fact key={name} name={inWords(name)} className="border-b last:border-0 lg:nth-last-2:border-0">
            {value}
          </Fact>
        ))}
      </dl>
    </Panel>
  );
}

function settingName(name: string): string {
  const [setting = name, key] = name.split(/:(.*)/s);
  return key === undefined ? inWords(setting) : /^\d+$/.test(key) ? `${inWords(setting)} ${Number(key) + 1}` : `${inWords(setting)}: ${key}`;
}

export function Fact({ name, className = "", children }: { name: string; className?: string; children: ReactNode }) {
  return (
    <div className={`flex justify-between gap-4 py-1.5 ${className}`}>
      <dt className="shrink-0 text-faint">{name}</dt>
      <dd className="min-w-0 text-right wrap-anywhere">{children}</dd>
    </div>
  );
}
