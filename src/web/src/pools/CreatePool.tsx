import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { entries } from "../api/pages";
import { explain, fieldErrors } from "../api/problem";
import type { CatalogueEntry, GoldenImage, Image, Template } from "../api/types";
import { goldenImagesQuery } from "../golden/queries";
import { ready } from "../golden/words";
import { catalogueQuery, imagesQuery } from "../images/queries";
import { Button } from "../layout/Button";
import { SelectField, TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded } from "../layout/PageFrame";
import { imageChoices } from "../machines/launch/choices";
import { templateQuery, templatesQuery } from "../templates/queries";
import { parseReference } from "../templates/words";
import { emptyPool, ordinaryTarget, toPool, unreadable, type PoolForm } from "./form";
import { NumberField } from "./NumberField";
import { useCreatePool } from "./queries";
import { references, Source } from "./Source";

const fields = ["name", "target", "min", "max", "maxAgeSeconds", "leaseSeconds", "kind", "machine.image", "machine.goldenImage", "machine.template", "machine.host", "machine.memoryMiB", "machine.keys"];

/** Makes a pool, of a template if one is named; it begins to fill at once. */
export function CreatePool({ template = "", onClose }: { template?: string; onClose: () => void }) {
  const golden = useInfiniteQuery(goldenImagesQuery);
  const images = useInfiniteQuery(imagesQuery);
  const catalogue = useQuery(catalogueQuery);
  const templates = useQuery(templatesQuery);
  const data = golden.data && images.data && catalogue.data && templates.data ? { golden: ready(entries(golden.data)), images: entries(images.data), catalogue: catalogue.data, templates: templates.data } : undefined;
  return (
    <Modal open onClose={onClose} title="Create a pool" description="It launches machines ahead of time, and lends them.">
      {data ? (
        <Form {...data} template={template} onClose={onClose} />
      ) : (
        <div className="p-5">
          <Loaded query={{ data: undefined, error: golden.error ?? images.error ?? catalogue.error ?? templates.error }}>{() => null}</Loaded>
        </div>
      )}
    </Modal>
  );
}

type FormProps = { golden: GoldenImage[]; images: readonly Image[]; catalogue: readonly CatalogueEntry[]; templates: Template[]; template: string; onClose: () => void };

function Form({ golden, images, catalogue, templates, template, onClose }: FormProps) {
  const create = useCreatePool();
  const navigate = useNavigate();
  const choices = imageChoices(catalogue, images);
  const [form, setForm] = useState<PoolForm>({
    ...emptyPool,
    from: template ? "template" : golden.length > 0 ? "golden" : "image",
    goldenImage: references(golden)[0]?.[0] ?? "",
    image: choices[0]?.value ?? "",
    template: template || (templates[0]?.name ?? ""),
  });
  const content = useContent(form, templates);
  const said = content?.pool;
  const set = (change: Partial<PoolForm>) => {
    setForm((old) => ({ ...old, ...change }));
    // What was refused is no longer what stands there, and a rule may be about two fields.
    if (create.error) create.reset();
  };
  const refused = fieldErrors(create.error);
  const errors = { ...refused, ...unreadable(form) };
  const elsewhere = Object.keys(refused).length === 0 || Object.keys(refused).some((field) => !fields.includes(field));
  const target = said?.target ?? ordinaryTarget;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(unreadable(form)).length > 0) return;
    try {
      const pool = await create.mutateAsync(toPool(form, said));
      onClose();
      await navigate({ to: "/pools/$name", params: { name: pool.name } });
    } catch {
      // Shown in the form.
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
      <ModalBody>
        {create.error && elsewhere && <Notice tone="bad" {...explain(create.error)} />}
        <TextField label="Name" autoFocus autoCapitalize="none" errors={errors.name} value={form.name} onChange={(event) => set({ name: event.target.value })} placeholder="builders" />
        <Source form={form} errors={errors} golden={golden} choices={choices} templates={templates} set={set} />
        <div className="grid grid-cols-3 gap-3">
          <NumberField label="Spares" hint="to keep ready" errors={errors.target} value={form.target} placeholder={String(target)} onChange={(target) => set({ target })} />
          <NumberField label="Low below" hint="an event tells" errors={errors.min} value={form.min} placeholder={String(said?.min ?? 0)} onChange={(min) => set({ min })} />
          <NumberField label="At most" hint="machines in all" errors={errors.max} value={form.max} placeholder={String(said?.max ?? Math.max(1, (form.target ?? target) * 2))} onChange={(max) => set({ max })} />
        </div>
        <SelectField
          label="Spares are"
          errors={errors.kind}
          value={form.kind}
          onChange={(event) => set({ kind: event.target.value as PoolForm["kind"] })}
          options={[["warm", "Warm: they run and are ready"], ["stopped", "Stopped: a claim starts one"]]}
          hint={form.kind === "warm" ? "A claim takes milliseconds." : "They need no memory until one is claimed; then it boots."}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField label="A lease lasts" inputMode="decimal" hint="Minutes, when a claim does not say." errors={errors.leaseSeconds} value={form.leaseMinutes} onChange={(event) => set({ leaseMinutes: event.target.value })} placeholder={String((content?.ttlSeconds ?? 3600) / 60)} />
          <TextField label="Replace a spare after" inputMode="decimal" hint={said?.maxAgeSeconds ? "Minutes; empty: as the template says." : "Minutes; empty: never."} errors={errors.maxAgeSeconds} value={form.ageMinutes} onChange={(event) => set({ ageMinutes: event.target.value })} placeholder={said?.maxAgeSeconds ? String(said.maxAgeSeconds / 60) : "never"} />
        </div>
      </ModalBody>
      <ModalActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={create.isPending} disabled={form.from === "golden" && golden.length === 0}>
          Create pool
        </Button>
      </ModalActions>
    </form>
  );
}

/** What the chosen template says; nothing when the machines are made from something else. */
function useContent(form: PoolForm, templates: readonly Template[]) {
  const { name, version } = parseReference(form.template);
  const former = useQuery({ ...templateQuery(name, version), enabled: form.from === "template" && version !== undefined });
  if (form.from !== "template") return undefined;
  return version === undefined ? templates.find((one) => one.name === name)?.content : former.data?.content;
}
