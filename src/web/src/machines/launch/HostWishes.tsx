import { useQuery } from "@tanstack/react-query";
import { below } from "../../api/problem";
import { capabilityLabel, capabilityMeaning, capabilityNames } from "../../hosts/capabilities";
import { hostsQuery, hypervisorsQuery } from "../../hosts/queries";
import { SelectField, TextField } from "../../layout/Field";
import { inWords } from "../../layout/format";
import { Pairs } from "../../layout/Rows";
import type { Errors, LaunchForm } from "./form";

type Props = { form: LaunchForm; errors: Errors; set: (change: Partial<LaunchForm>) => void };

/** What the host must have, and what only its kind knows. */
export function HostWishes({ form, errors, set }: Props) {
  const { data: hosts = [] } = useQuery(hostsQuery);
  const { data: kinds = [] } = useQuery(hypervisorsQuery);
  const chosen = hosts.find((host) => host.name === form.host);
  const kind = kinds.find((one) => one.name === chosen?.hypervisor);
  const possible = chosen ? [chosen] : hosts;
  const networks = [...new Set(possible.flatMap((host) => host.networks))];
  return (
    <>
      {!chosen && hosts.length > 1 && <Requires names={capabilityNames(hosts)} value={form.requires} errors={below(errors, "requires")} onChange={(requires) => set({ requires })} />}
      {!chosen && hosts.length > 1 && <Pairs title="Labels that the host must have" one="label" placeholders={["zone", "cellar"]} pairs={form.hostLabels} errors={below(errors, "hostLabels")} onChange={(hostLabels) => set({ hostLabels })} />}
      {(networks.length > 0 || form.network) && (
        <SelectField
          label="Network"
          hint={form.network ? "Neighbours on it reach the machine; there are no port forwards then." : "The default one forwards ports of the host into the guest."}
          errors={errors.network}
          value={form.network}
          onChange={(event) => set({ network: event.target.value })}
          options={[["", form.template?.says.network ? `${form.template.name}'s: ${form.template.says.network}` : "The host's default"], ...networks.map((name) => [name, name] as const)]}
        />
      )}
      {kind && kind.machineOptions.length > 0 && (
        <fieldset className="flex flex-col gap-4 rounded-md border px-3 pt-2 pb-3">
          <legend className="px-1 text-sm font-medium">Only for {kind.title}</legend>
          {kind.machineOptions.map(({ name, help }) => (
            <TextField key={name} label={inWords(name)} hint={help} errors={below(errors, `options.${name}`).length > 0 ? below(errors, `options.${name}`) : undefined} value={form.options[name] ?? ""} onChange={(event) => set({ options: { ...form.options, [name]: event.target.value } })} />
          ))}
        </fieldset>
      )}
    </>
  );
}

/** Capabilities as boxes to tick. */
function Requires({ names, value, errors, onChange }: { names: string[]; value: string[]; errors: string[]; onChange: (names: string[]) => void }) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">The host must be able to do</legend>
      <div className="flex flex-wrap gap-1.5">
        {names.map((name) => (
          <label key={name} title={capabilityMeaning(name)} className="relative flex h-7 cursor-pointer items-center rounded-md border bg-card px-2.5 text-sm has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-accent">
            <input type="checkbox" className="sr-only" checked={value.includes(name)} onChange={(event) => onChange(event.target.checked ? [...value, name] : value.filter((one) => one !== name))} />
            {capabilityLabel(name)}
          </label>
        ))}
      </div>
      {errors.length > 0 && (
        <p role="alert" className="text-xs text-bad">
          {errors.join(" ")}
        </p>
      )}
    </fieldset>
  );
}
