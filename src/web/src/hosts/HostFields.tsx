import { ChevronRight } from "lucide-react";
import { below, explain } from "../api/problem";
import type { Hypervisor } from "../api/types";
import { TextField } from "../layout/Field";
import { Notice } from "../layout/Notice";
import { Pairs } from "../layout/Rows";
import { SettingField } from "./SettingField";
import { inOrder, type Errors, type HostForm } from "./settings";

type Props = { kind: Hypervisor; form: HostForm; errors: Errors; secrets?: Record<string, boolean>; set: (change: Partial<HostForm>) => void };

/** What a kind wants to know of a host, labels and limits: the same for a new host and for one that is changed. */
export function HostFields({ kind, form, errors, secrets, set }: Props) {
  const limits = ["labels", "reservedMemoryMiB", "machineLimit"].some((field) => below(errors, field).length > 0);
  return (
    <>
      {inOrder(kind.settings).map((setting) => (
        <SettingField key={setting.name} setting={setting} form={form} errors={errors} isSet={secrets?.[setting.name]} set={set} />
      ))}
      {kind.settings.length === 0 && <p className="text-sm text-soft">{kind.title} needs no settings.</p>}
      <details className="group rounded-lg border bg-card" open={limits || undefined}>
        <summary className="flex list-none items-center gap-2 px-3 py-2.5 text-sm font-medium">
          <ChevronRight className="size-4 text-faint transition-transform group-open:rotate-90" />
          Labels and limits
        </summary>
        <div className="flex flex-col gap-4 border-t px-3 py-4">
          <Pairs title="Labels" one="label" hint="A launch can ask for them: zone = cellar." placeholders={["zone", "cellar"]} pairs={form.labels} errors={below(errors, "labels")} onChange={(labels) => set({ labels })} />
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField label="Memory left to the host" hint="MiB that machines never get." inputMode="numeric" placeholder="the server's default" errors={errors.reservedMemoryMiB} value={form.reservedMemoryMiB} onChange={(event) => set({ reservedMemoryMiB: event.target.value })} />
            <TextField label="Most machines" hint="Empty: as many as there is memory for." inputMode="numeric" placeholder="no limit" errors={errors.machineLimit} value={form.machineLimit} onChange={(event) => set({ machineLimit: event.target.value })} />
          </div>
        </div>
      </details>
    </>
  );
}

/** What the server refused and no field shows. */
export function Refusal({ error, fields, strays }: { error: unknown; fields: Errors; strays: string[] }) {
  if (!error || (Object.keys(fields).length > 0 && strays.length === 0)) return null;
  const { title, detail } = explain(error);
  return <Notice tone="bad" title={title} detail={strays.length > 0 ? strays.join(" ") : detail} />;
}
