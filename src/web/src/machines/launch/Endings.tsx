import type { LifeAction } from "../../api/types";
import { SelectField, TextField } from "../../layout/Field";
import type { Errors, LaunchForm } from "./form";

type Props = { form: LaunchForm; errors: Errors; set: (change: Partial<LaunchForm>) => void };

const actions: [LifeAction, string][] = [
  ["delete", "Delete it"],
  ["stop", "Stop it"],
  ["suspend", "Suspend it"],
];

/** What happens to the machine by itself, after a time or when nobody uses it. */
export function Endings({ form, errors, set }: Props) {
  const kept = !!form.template?.says.ttlSeconds;
  return (
    <div className="grid grid-cols-2 gap-3">
      <TextField label="Ends by itself after" hint={kept ? `Minutes; empty: as ${form.template?.name} says.` : "Minutes; empty: never."} inputMode="numeric" errors={errors.ttlSeconds} value={form.ttlMinutes} onChange={(event) => set({ ttlMinutes: event.target.value })} placeholder={kept ? "as the template" : "never"} />
      <SelectField label="Then" value={form.ttlAction} onChange={(event) => set({ ttlAction: event.target.value as LifeAction })} options={actions} />
      <TextField label="When nobody uses it for" hint="Minutes without CPU, connection or console; empty: never." inputMode="numeric" errors={errors["idle.afterSeconds"]} value={form.idleMinutes} onChange={(event) => set({ idleMinutes: event.target.value })} placeholder="never" />
      <SelectField label="Then" value={form.idleAction} onChange={(event) => set({ idleAction: event.target.value as LifeAction })} options={actions} />
      <TextField label="When the last has left for" hint="Minutes after its consoles are closed; empty: never." inputMode="numeric" errors={errors["unwatched.afterSeconds"]} value={form.unwatchedMinutes} onChange={(event) => set({ unwatchedMinutes: event.target.value })} placeholder="never" />
      <SelectField label="Then" value={form.unwatchedAction} onChange={(event) => set({ unwatchedAction: event.target.value as LifeAction })} options={actions} />
    </div>
  );
}
