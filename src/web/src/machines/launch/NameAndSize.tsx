import { Dices } from "lucide-react";
import type { Limits } from "../../api/types";
import { IconButton } from "../../layout/Button";
import { Field } from "../../layout/Field";
import { memory } from "../../layout/format";
import { Amount, memoryStops } from "./Amount";
import type { ImageChoice } from "./choices";
import { rangesFor, type Errors, type LaunchForm } from "./form";
import { suggestName } from "./suggestName";

type Props = { form: LaunchForm; errors: Errors; limits: Limits; choice: ImageChoice | undefined; taken: ReadonlySet<string>; set: (change: Partial<LaunchForm>) => void };

/** The machine's name and how much of the host it gets. A golden image has its own size. */
export function NameAndSize({ form, errors, limits, choice, taken, set }: Props) {
  const ranges = rangesFor(limits, choice);
  // What is left empty is the template's, where it says something.
  const fallback = (field: "memoryMiB" | "cpus" | "diskGiB") => form.template?.says[field]?.toString() ?? "default";
  const suggest = () => {
    const name = suggestName(form.template?.name ?? form.image, taken);
    set({ name, suggested: name });
  };
  return (
    <>
      <Field label="Name" errors={errors.name} hint="Also the host name within the guest.">
        {(ids) => (
          <div className="flex items-center gap-1.5">
            <input {...ids} name="name" value={form.name} onChange={(event) => set({ name: event.target.value })} autoComplete="off" spellCheck={false} autoCapitalize="none" placeholder="made up when empty" className="field" />
            <IconButton label="Suggest another name" onClick={suggest}>
              <Dices className="size-4" />
            </IconButton>
          </div>
        )}
      </Field>
      {form.template?.goldenImage ? null : (
        <>
          <Amount
            label="Memory"
            unit="MiB"
            range={ranges.memoryMiB}
            stops={memoryStops}
            value={form.memoryMiB}
            fallback={fallback("memoryMiB")}
            errors={errors.memoryMiB}
            hint={choice?.minimumMemoryMiB ? `This image needs at least ${memory(choice.minimumMemoryMiB)}.` : undefined}
            onChange={(memoryMiB) => set({ memoryMiB })}
          />
          <Amount label="CPUs" unit="CPU" range={ranges.cpus} value={form.cpus} fallback={fallback("cpus")} errors={errors.cpus} onChange={(cpus) => set({ cpus })} />
          <Amount
            label="System disk"
            unit="GiB"
            range={ranges.diskGiB}
            value={form.diskGiB}
            fallback={fallback("diskGiB")}
            errors={errors.diskGiB}
            hint="Disks can grow later, never shrink."
            onChange={(diskGiB) => set({ diskGiB })}
          />
        </>
      )}
    </>
  );
}
