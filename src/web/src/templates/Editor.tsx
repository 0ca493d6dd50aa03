import { useQuery } from "@tanstack/react-query";
import { Link, useBlocker, useNavigate } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { ApiError, explain } from "../api/problem";
import { Button } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Notice } from "../layout/Notice";
import { useSettled } from "../layout/useSettled";
import { Placeholders, Rendered } from "./Explained";
import { templateCheckQuery, useSaveTemplate, type WholeTemplate } from "./queries";
import { goTo, YamlEditor } from "./YamlEditor";

/** Writes a template. The server judges the text while it is typed, and again when it is saved. */
export function TemplateEditor({ template: opened, text }: { template?: WholeTemplate; text: string }) {
  // As it was when it was opened: what others save meanwhile is not to be overwritten unseen.
  const [[template, before]] = useState([opened, text] as const);
  const [yaml, setYaml] = useState(before);
  const navigate = useNavigate();
  const save = useSaveTemplate(template);
  const field = useRef<HTMLTextAreaElement>(null);
  const saved = useRef(false);
  const settled = useSettled(yaml, 350);
  const check = useQuery(templateCheckQuery(settled));
  const title = template ? `Edit ${template.name}` : "New template";
  useEffect(() => void (document.title = `${title} · Warren`), [title]);

  const unsaved = yaml !== before;
  const leave = useBlocker({ shouldBlockFn: () => unsaved && !saved.current, enableBeforeUnload: () => unsaved && !saved.current, withResolver: true });

  const refused = save.error instanceof ApiError ? save.error : undefined;
  const mistakes = refused?.problem.mistakes ?? check.data?.errors ?? [];
  const checking = settled !== yaml || check.isFetching;

  const set = (next: string) => {
    setYaml(next);
    if (save.error) save.reset();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const { name } = await save.mutateAsync(yaml);
      saved.current = true;
      await navigate({ to: "/templates/$name", params: { name } });
    } catch (error) {
      const [mistake] = (error instanceof ApiError && error.problem.mistakes) || [];
      if (mistake) goTo(field.current, mistake);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <header className="flex flex-wrap items-end gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <Back template={template} />
          <h1 className="truncate text-2xl">{title}</h1>
          <p className="mt-0.5 text-soft">{template ? `Saving makes version ${template.version + 1}; the former ones stay.` : "Its name is in the text."}</p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <FromFile onText={set} />
          <Button type="submit" look="primary" busy={save.isPending} disabled={template !== undefined && !unsaved}>
            {template ? `Save version ${template.version + 1}` : "Save template"}
          </Button>
        </div>
      </header>
      {save.error && <Refusal error={save.error} template={template} />}
      <div className="grid grid-cols-1 items-start gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0">
          <p role="status" className={`mb-1.5 text-sm ${mistakes.length > 0 ? "text-bad" : "text-faint"}`}>
            {check.error && !check.data ? "The text could not be checked." : checking && mistakes.length === 0 ? "Being checked…" : mistakes.length === 0 ? "No mistakes." : mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`}
          </p>
          <YamlEditor value={yaml} mistakes={mistakes} onChange={set} field={field} />
        </div>
        <div className="grid grid-cols-1 items-start gap-5 sm:grid-cols-2 xl:grid-cols-1">
          <Rendered check={check.data} />
          <Placeholders />
        </div>
      </div>
      <Confirm open={leave.status === "blocked"} title="Leave without saving?" action="Leave" onClose={() => leave.reset?.()} onConfirm={async () => leave.proceed?.()}>
        <p>What you have written here is lost.</p>
      </Confirm>
    </form>
  );
}

function Back({ template }: { template: WholeTemplate | undefined }) {
  const look = "mb-1 -ml-1 inline-flex items-center gap-0.5 rounded text-sm text-soft hover:text-ink";
  return template ? (
    <Link to="/templates/$name" params={{ name: template.name }} className={look}>
      <ChevronLeft className="size-4" /> {template.name}
    </Link>
  ) : (
    <Link to="/templates" className={look}>
      <ChevronLeft className="size-4" /> Templates
    </Link>
  );
}

function FromFile({ onText }: { onText: (text: string) => void }) {
  const [chosen, setChosen] = useState(0);
  return (
    <label className="inline-flex h-8.5 cursor-pointer items-center justify-center rounded-md border border-line-strong bg-card px-3 font-medium whitespace-nowrap hover:bg-well has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
      From a file…
      {/* Made anew after each choice, so that the same file can be read again. */}
      <input
        key={chosen}
        type="file"
        accept=".yaml,.yml,text/plain,application/yaml"
        className="sr-only"
        onChange={(event) => {
          void event.target.files?.[0]?.text().then(onText);
          setChosen(chosen + 1);
        }}
      />
    </label>
  );
}

/** Why it was not saved; mistakes are told where they are. */
function Refusal({ error, template }: { error: Error; template: WholeTemplate | undefined }) {
  if (error instanceof ApiError && error.problem.mistakes?.length) return null;
  if (template && error instanceof ApiError && error.problem.status === 412)
    return (
      <Notice tone="bad" title="Somebody has saved another version meanwhile" detail="Yours was not saved. Copy your text, look at the newest version, then edit that.">
        <Link to="/templates/$name" params={{ name: template.name }} target="_blank" className="mt-1 inline-block text-sm font-medium underline">
          The newest version, in another tab
        </Link>
      </Notice>
    );
  return <Notice tone="bad" {...explain(error)} />;
}
