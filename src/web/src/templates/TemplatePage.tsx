import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { CopyButton, CopyLine } from "../layout/CopyButton";
import { Notice } from "../layout/Notice";
import { Panel } from "../layout/PageFrame";
import { saveText } from "../layout/saveText";
import { ThingHeader, ThingPage } from "../layout/ThingPage";
import { Makes, OfPool } from "./Facts";
import { templateQuery, type WholeTemplate } from "./queries";
import { TemplateActions } from "./TemplateActions";
import { Versions } from "./Versions";
import { reference } from "./words";

const list = { to: "/templates", title: "Templates" } as const;

/** Everything about one template: the newest version, or the one that the address names. */
export function TemplatePage() {
  const { name } = useParams({ from: "/shell/templates/$name" });
  const { version } = useSearch({ from: "/shell/templates/$name" });
  const template = useQuery(templateQuery(name, version));
  const newest = useQuery(templateQuery(name));
  return (
    <ThingPage kind="template" name={version ? `${name}@${version}` : name} list={list} query={template}>
      {(data) => <TemplateView template={data} newest={newest.data?.version ?? data.version} />}
    </ThingPage>
  );
}

function TemplateView({ template, newest }: { template: WholeTemplate; newest: number }) {
  const { name, version, builtin, owner, description, createdAt, yaml } = template;
  const former = version < newest;
  return (
    <div className="flex flex-col gap-5">
      <ThingHeader
        name={name}
        list={list}
        lead={
          <>
            <span className={`tag ${former ? "bg-accent-wash text-accent" : "bg-well text-soft"}`}>Version {version}</span>
            <span>{builtin ? "Shipped with Warren" : <>saved {createdAt && <Ago at={createdAt} />} by {owner}</>}</span>
          </>
        }
        actions={<TemplateActions template={template} former={former} />}
      />
      {description && <p className="-mt-2 max-w-prose text-soft">{description}</p>}
      {former && (
        <Notice tone="warn" title={`This is a former version; the newest is ${newest}`}>
          <Link to="/templates/$name" params={{ name }} search={{}} className="mt-0.5 inline-block text-sm font-medium underline">
            To version {newest}
          </Link>
        </Notice>
      )}
      <div className="grid grid-cols-1 items-start gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Panel
          title="YAML"
          aside={
            <span className="flex items-center gap-1">
              <CopyButton text={yaml} label="Copy the text" />
              <Button look="quiet" size="sm" icon={<Download className="size-3.5" />} onClick={() => saveText(`${name}.yaml`, yaml)}>
                Download
              </Button>
            </span>
          }
        >
          <pre aria-label={`Text of ${name}`} tabIndex={0} className="overflow-x-auto px-4 py-3 font-mono text-xs leading-5">
            {yaml}
          </pre>
        </Panel>
        <div className="grid grid-cols-1 items-start gap-5 sm:grid-cols-2 xl:grid-cols-1">
          <Makes template={template} />
          <div className="flex flex-col gap-5">
            <OfPool template={template} />
            {!builtin && <Versions template={template} />}
            <CopyLine text={`warren launch --template ${former ? reference(template) : name}`} label="Copy the warren command" prompt />
          </div>
        </div>
      </div>
    </div>
  );
}
