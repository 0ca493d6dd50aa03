import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LayoutTemplate, Plus, Rocket } from "lucide-react";
import type { Template } from "../api/types";
import { Ago } from "../layout/Ago";
import { buttonClass } from "../layout/Button";
import { Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { templatesQuery } from "./queries";
import { inShort } from "./words";

/** Presets that machines are launched from: people's own, and those that Warren ships. */
export function TemplatesPage() {
  const templates = useQuery(templatesQuery);
  return (
    <PageFrame
      title="Templates"
      lead="Presets in YAML: image, size, network and the steps that prepare the guest."
      actions={
        <Link to="/templates/-/new" className={buttonClass("primary")}>
          <Plus className="size-4" /> New template
        </Link>
      }
    >
      <Loaded query={templates}>
        {(all) => (
          <div className="flex flex-col gap-8">
            <Section title="Own" lead="Written or imported here, each with its versions." templates={all.filter(({ builtin }) => !builtin)}>
              None yet. Write one, import a file, or take one of the shipped ones and make it your own.
            </Section>
            <Section title="Shipped with Warren" lead="They stay as they are; make your own of one to change it." templates={all.filter(({ builtin }) => builtin)}>
              None: the server has no folder of templates.
            </Section>
          </div>
        )}
      </Loaded>
    </PageFrame>
  );
}

function Section({ title, lead, templates, children }: { title: string; lead: string; templates: Template[]; children: string }) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="text-lg">
        {title}
      </h2>
      <p className="mb-3 text-sm text-soft">{lead}</p>
      {templates.length === 0 ? (
        <p className="rounded-lg border border-dashed border-line-strong px-4 py-5 text-center text-sm text-soft">{children}</p>
      ) : (
        <Panel>
          <ul aria-label={`Templates: ${title}`} className="divide-y">
            {templates.map((template) => (
              <TemplateRow key={template.name} template={template} />
            ))}
          </ul>
        </Panel>
      )}
    </section>
  );
}

function TemplateRow({ template }: { template: Template }) {
  const { name, version, builtin, owner, description, createdAt } = template;
  return (
    <li className="rows-later flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:flex-nowrap">
      <LayoutTemplate className="hidden size-5 shrink-0 stroke-[1.5] text-faint sm:block" />
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-baseline gap-x-2.5 gap-y-1">
          <Link to="/templates/$name" params={{ name }} className="truncate font-semibold hover:underline hover:decoration-line-strong hover:underline-offset-3">
            {name}
          </Link>
          {!builtin && (
            <span className="text-xs text-faint">
              version {version} · {owner} · {createdAt && <Ago at={createdAt} />}
            </span>
          )}
        </p>
        {description && <p className="line-clamp-2 text-sm wrap-anywhere text-soft">{description}</p>}
        <p className="text-xs text-faint">{inShort(template).join(" · ")}</p>
      </div>
      <Link to="/" search={{ template: name }} aria-label={`Launch from ${name}`} className={buttonClass("plain", "sm")}>
        <Rocket className="size-3.5" /> Launch
      </Link>
    </li>
  );
}
