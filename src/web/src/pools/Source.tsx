import { useQuery } from "@tanstack/react-query";
import type { GoldenImage, Template } from "../api/types";
import { reference } from "../golden/words";
import { hostsQuery } from "../hosts/queries";
import { Choice } from "../layout/Choice";
import { SelectField } from "../layout/Field";
import type { ImageChoice } from "../machines/launch/choices";
import { KeyPicker } from "../machines/launch/KeyPicker";
import { inShort } from "../templates/words";
import type { PoolForm } from "./form";
import { NumberField } from "./NumberField";

type Props = { form: PoolForm; errors: Record<string, string[]>; golden: GoldenImage[]; choices: ImageChoice[]; templates: Template[]; set: (change: Partial<PoolForm>) => void };

/** What a pool's machines are made from. */
export function Source({ form, errors, golden, choices, templates, set }: Props) {
  const { data: hosts = [] } = useQuery(hostsQuery);
  const choice = choices.find(({ value }) => value === form.image);
  const { template, from } = form;
  const chosen = templates.find(({ name }) => name === template.split("@")[0]);
  // A former version is not in the list.
  const named = [...(template.includes("@") ? [[template, template] as const] : []), ...templates.map(({ name }) => [name, name] as const)];
  return (
    <div className="flex flex-col gap-3 rounded-lg border bg-card p-3">
      <Choice label="Machines are made from" options={[["golden", "Golden image"], ["image", "Image"], ["template", "Template"]]} value={from} onChange={(next) => set({ from: next })} />
      {from === "golden" && golden.length === 0 && <p className="text-sm text-soft">There is no golden image that is ready. Make one on a machine's page.</p>}
      {from === "golden" && golden.length > 0 && <SelectField label="Golden image" errors={errors["machine.goldenImage"]} value={form.goldenImage} onChange={(event) => set({ goldenImage: event.target.value })} options={references(golden)} hint="Host, memory and disks are its own." />}
      {from === "image" && <SelectField label="Image" errors={errors["machine.image"]} value={form.image} onChange={(event) => set({ image: event.target.value })} options={choices.map((one) => [one.value, one.stored ? one.title : `${one.title} (${one.cost})`] as const)} />}
      {from === "template" && <SelectField label="Template" errors={errors["machine.template"] ?? errors["machine.goldenImage"] ?? errors["machine.image"]} value={template} onChange={(event) => set({ template: event.target.value })} options={named} hint={chosen && !template.includes("@") ? inShort(chosen).join(" · ") : undefined} />}
      {(from === "image" || (from === "template" && !chosen?.goldenImage)) && (
        <div className="grid grid-cols-2 gap-3">
          <NumberField label="Memory, MiB" errors={errors["machine.memoryMiB"]} value={form.memoryMiB} placeholder={from === "template" ? (chosen?.content?.memoryMiB?.toString() ?? "the template's") : (choice?.defaultMemoryMiB?.toString() ?? "the image's")} onChange={(memoryMiB) => set({ memoryMiB })} />
          <SelectField label="Host" errors={errors["machine.host"]} value={form.host} onChange={(event) => set({ host: event.target.value })} options={[["", "The one that fits best"], ...hosts.map(({ name }) => [name, name] as const)]} />
        </div>
      )}
      <KeyPicker value={form.keys} errors={errors["machine.keys"]} {...nones[from]} onChange={(keys) => set({ keys })} />
    </div>
  );
}

/** What it means to choose no key. */
const nones = { golden: { none: "Without any, the golden image's own keys stay." }, template: { none: "Without any, those that the template names are taken." }, image: {} };

/** Each name, which stands for its newest version, then its versions. */
export function references(golden: readonly GoldenImage[]): (readonly [value: string, label: string])[] {
  return [...new Set(golden.map(({ name }) => name))].flatMap((name) => [[name, `${name} (the newest version)`] as const, ...golden.filter((one) => one.name === name).map((one) => [reference(one), reference(one)] as const)]);
}
