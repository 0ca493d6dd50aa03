import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronRight, Rocket } from "lucide-react";
import { useMemo, useState, type FormEvent } from "react";
import { sessionQuery } from "../../access/session";
import { entries } from "../../api/pages";
import { ApiError, fieldErrors } from "../../api/problem";
import type { Limits, Template } from "../../api/types";
import { catalogueQuery, imagesQuery } from "../../images/queries";
import { Button } from "../../layout/Button";
import { memory } from "../../layout/format";
import { Modal, ModalActions } from "../../layout/Modal";
import { Notice } from "../../layout/Notice";
import { Loaded } from "../../layout/PageFrame";
import { Refusal } from "../../limits/Refusal";
import { templateQuery, templatesQuery } from "../../templates/queries";
import { parseReference } from "../../templates/words";
import { limitsQuery, machinesQuery, useLaunch } from "../queries";
import { Advanced, hidesError } from "./Advanced";
import { imageChoices, type ImageChoice } from "./choices";
import { emptyForm, toRequest, validate, type Errors, type LaunchForm } from "./form";
import { FromTemplate } from "./FromTemplate";
import { KeyPicker } from "./KeyPicker";
import { NameAndSize } from "./NameAndSize";
import { Sources } from "./Sources";
import { startFrom } from "./startFrom";
import { suggestName } from "./suggestName";
import { Where } from "./Where";

/** Launches a machine: choose an image or a template, look over the rest. */
export function LaunchDialog({ image, template = "", onClose }: { image: string; template?: string | undefined; onClose: () => void }) {
  const session = useQuery(sessionQuery);
  const templates = useQuery(templatesQuery);
  const { name, version } = parseReference(template);
  const wanted = useQuery({ ...templateQuery(name, version), enabled: template !== "" });
  const limits = useQuery(limitsQuery);
  const catalogue = useQuery(catalogueQuery);
  const images = useInfiniteQuery(imagesQuery);
  const error = limits.error ?? catalogue.error ?? images.error ?? session.error ?? templates.error ?? wanted.error;
  const ready =
    limits.data && catalogue.data && images.data && session.data && templates.data && (template === "" || wanted.data !== undefined)
      ? { limits: limits.data, choices: imageChoices(catalogue.data, entries(images.data)), user: session.data.user, templates: templates.data, chosen: wanted.data && { template: wanted.data, exact: version !== undefined } }
      : undefined;
  return (
    <Modal open onClose={onClose} title="Launch a machine" width="xl">
      {ready ? (
        <LaunchBody {...ready} image={image} onClose={onClose} />
      ) : (
        <div className="p-5">
          <Loaded query={{ data: undefined, error }}>{() => null}</Loaded>
        </div>
      )}
    </Modal>
  );
}

type BodyProps = { limits: Limits; choices: ImageChoice[]; templates: Template[]; user: string; image: string; chosen: { template: Template; exact: boolean } | null | undefined; onClose: () => void };

function LaunchBody({ limits, choices, templates, user, image, chosen, onClose }: BodyProps) {
  const navigate = useNavigate();
  const launch = useLaunch();
  const machines = useInfiniteQuery(machinesQuery());
  const taken = useMemo(() => new Set(entries(machines.data).flatMap((machine) => (machine.shared ? [] : [machine.name]))), [machines.data]);
  const [form, setForm] = useState<LaunchForm>(() => (chosen ? startFrom(chosen.template, { user, taken, exact: chosen.exact }) : start(preferred(choices, image), taken)));
  const [refused, setRefused] = useState<Errors>({});
  const [tried, setTried] = useState(false);

  const choice = choices.find((one) => one.value === form.image);
  const broken = validate(form, limits, choice, taken);
  // The name is checked while it is typed; the rest when the form is sent, so that nothing turns red under the first keystroke.
  const shown: Errors = tried ? { ...refused, ...broken } : { ...refused, ...(broken.name ? { name: broken.name } : {}) };

  const set = (change: Partial<LaunchForm>) => {
    setForm((old) => ({ ...old, ...change }));
    setRefused((old) => Object.fromEntries(Object.entries(old).filter(([field]) => !Object.keys(change).some((changed) => field.startsWith(changed)))));
  };
  // What was typed by hand is kept when something else is chosen to launch from.
  const named = form.name && form.name !== form.suggested ? { name: form.name, suggested: form.suggested } : {};
  const choose = (next: ImageChoice) => set({ ...start(next, taken), keys: form.keys, host: form.host, ...named });
  const chooseTemplate = (next: Template) => {
    const filled = startFrom(next, { user, taken, exact: false });
    set({ ...filled, host: next.goldenImage ? "" : form.host, keys: filled.keys.length > 0 ? filled.keys : form.keys, ...named });
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(broken).length > 0) return;
    try {
      const operation = await launch.mutateAsync(toRequest(form));
      await navigate({ to: "/machines/$name", params: { name: operation.subjectName } });
    } catch (error) {
      const fields = fieldErrors(error);
      setRefused(error instanceof ApiError && error.kind === "name-taken" && !fields.name ? { ...fields, name: [error.message] } : fields);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
      <div className="min-h-0 flex-1 overflow-y-auto md:grid md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)] md:overflow-hidden">
        <div className="overflow-y-auto border-b p-4 max-md:max-h-[34dvh] max-md:bg-well md:border-r md:border-b-0">
          <Sources form={form} choices={choices} templates={templates} onImage={choose} onTemplate={chooseTemplate} />
          {shown.image && <p role="alert" className="mt-2 text-xs text-bad">{shown.image.join(" ")}</p>}
        </div>
        <div className="flex flex-col gap-4 p-5 md:overflow-y-auto">
          {launch.error && <Refusal error={launch.error} />}
          {chosen === null && <Notice tone="warn" title="There is no such template" detail="It may have been deleted. Choose another, or an image." />}
          {form.template && <FromTemplate template={form.template} image={form.image} />}
          <NameAndSize form={form} errors={shown} limits={limits} choice={choice} taken={taken} set={set} />
          {!form.template?.goldenImage && <Where form={form} errors={shown} valid={Object.keys(broken).every((field) => field === "name")} set={set} />}
          <KeyPicker value={form.keys} errors={shown.keys} {...(form.template?.goldenImage ? { none: "Without any, the golden image's own keys stay." } : {})} onChange={(keys) => set({ keys })} />
          <details className="group rounded-lg border bg-card" {...(hidesError(shown) ? { open: true } : {})}>
            <summary className="flex list-none items-center gap-2 px-3 py-2.5 text-sm font-medium">
              <ChevronRight className="size-4 text-faint transition-transform group-open:rotate-90" />
              More: {form.template?.goldenImage ? "forwards, first boot, time to live" : "firmware, network, forwards, disks, user-data, demands on the host"}
            </summary>
            <div className="border-t px-3 py-4">
              <Advanced form={form} errors={shown} limits={limits} set={set} />
            </div>
          </details>
        </div>
      </div>
      <ModalActions>
        <span className="mr-auto hidden text-sm text-soft sm:block">
          {(choice ?? form.template) && [form.template?.name ?? choice?.title, form.memoryMiB && memory(form.memoryMiB), form.cpus && `${form.cpus} CPU${form.cpus === 1 ? "" : "s"}`, choice?.cost].filter(Boolean).join(" · ")}
        </span>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={launch.isPending} icon={<Rocket className="size-4" />}>
          Launch
        </Button>
      </ModalActions>
    </form>
  );
}

/** The image asked for, else one that is there already, else the smallest. */
function preferred(choices: ImageChoice[], image: string): ImageChoice | undefined {
  return choices.find((one) => one.value === image) ?? choices.find((one) => one.stored) ?? choices.find((one) => one.value === "tiny") ?? choices[0];
}

function start(choice: ImageChoice | undefined, taken: ReadonlySet<string>): LaunchForm {
  if (!choice) return emptyForm;
  const name = suggestName(choice.value, taken);
  return { ...emptyForm, image: choice.value, name, suggested: name, memoryMiB: choice.defaultMemoryMiB };
}
