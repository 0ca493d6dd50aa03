import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Host } from "../../api/types";
import { hostsQuery, hypervisorsQuery } from "../../hosts/queries";
import { freeMemoryMiB, word } from "../../hosts/state";
import { SelectField } from "../../layout/Field";
import { memory } from "../../layout/format";
import { toPairs } from "../../layout/Rows";
import type { Errors, LaunchForm } from "./form";
import { PlacementPreview } from "./PlacementPreview";

type Props = { form: LaunchForm; errors: Errors; valid: boolean; set: (change: Partial<LaunchForm>) => void };

/** Which host the machine goes to: chosen by the server, or named; and what each of them says to it. */
export function Where({ form, errors, valid, set }: Props) {
  const { data: hosts = [] } = useQuery(hostsQuery);
  const { data: kinds = [] } = useQuery(hypervisorsQuery);
  const says = form.template?.says;
  const title = (host: Host) => kinds.find((kind) => kind.name === host.hypervisor)?.title ?? host.hypervisor;
  const choices = hosts.map((host) => [host.name, `${host.name}: ${title(host)}, ${stand(host)}`] as const);
  return (
    <div className="flex flex-col gap-2">
      <SelectField
        label="Host"
        errors={errors.host}
        value={form.host}
        // What was wished of another host, or of any, must not go along unseen, but for what the template says.
        onChange={(event) => set({ host: event.target.value, options: {}, network: says?.network ?? "", requires: says?.requires ?? [], hostLabels: toPairs(says?.hostLabels ?? {}) })}
        options={[["", "Best fit (recommended)"], ...choices]}
      />
      {valid && <PlacementPreview form={form} />}
      {hosts.length === 0 && (
        <p className="text-xs text-faint">
          No host is known yet. <Link to="/hosts" className="underline">Hosts</Link>
        </p>
      )}
    </div>
  );
}

function stand(host: Host): string {
  if (host.status.state !== "online") return word(host.status.state).toLowerCase();
  if (host.draining) return "draining";
  return `${memory(freeMemoryMiB(host))} free`;
}
