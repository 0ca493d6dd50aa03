import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { Notice } from "../layout/Notice";
import { Loaded } from "../layout/PageFrame";
import { ThingPage } from "../layout/ThingPage";
import { TemplateEditor } from "./Editor";
import { templateQuery } from "./queries";
import { parseReference, renamed } from "./words";

const list = { to: "/templates", title: "Templates" } as const;

const first = `name: my-template
description: What it is for.
image: debian-12
machineName: my-{user}
resources: { memory: 1G, cpus: 1, disk: 10G }
cloudInit:
  package_update: true
  packages: [htop]
provision:
  - name: a first step
    shell: echo 'This is {machine} of {user}.' > /etc/motd
`;

/** The next version of a template. */
export function EditTemplatePage() {
  const { name } = useParams({ from: "/shell/templates/$name/edit" });
  const template = useQuery(templateQuery(name));
  return (
    <ThingPage kind="template" name={name} list={list} query={template}>
      {(data) =>
        data.builtin ? (
          <Notice tone="warn" title={`${name} is shipped with Warren and stays as it is`} detail="Make your own of it on its page." />
        ) : (
          <TemplateEditor template={data} text={data.yaml} />
        )
      }
    </ThingPage>
  );
}

/** A new template: from scratch, from a file, or as a copy of another. */
export function NewTemplatePage() {
  const { from } = useSearch({ from: "/shell/templates/-/new" });
  return from ? <Copy key={from} from={from} /> : <TemplateEditor text={first} />;
}

function Copy({ from }: { from: string }) {
  const { name, version } = parseReference(from);
  const template = useQuery(templateQuery(name, version));
  return (
    <Loaded query={template}>
      {(data) => (data ? <TemplateEditor text={renamed(data.yaml, `my-${data.name}`)} /> : <Notice tone="bad" title={`There is no template ${from}`} detail="It may have been deleted." />)}
    </Loaded>
  );
}
