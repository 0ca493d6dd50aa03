import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CopyPlus, Pencil, Rocket, Trash2, Waves } from "lucide-react";
import { useState } from "react";
import { Button, buttonClass } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { Menu, type MenuItem } from "../layout/Menu";
import { CreatePool } from "../pools/CreatePool";
import { templateQuery, useDeleteTemplate, type WholeTemplate } from "./queries";
import { reference } from "./words";

type Props = { template: WholeTemplate; former: boolean };

/** What can be done with a template. A shipped one stays as it is. */
export function TemplateActions({ template, former }: Props) {
  const { name, builtin } = template;
  const navigate = useNavigate();
  const [asking, setAsking] = useState<"pool" | "delete">();
  const items: MenuItem[] = [{ label: "Make another of it…", icon: <CopyPlus />, onSelect: () => void navigate({ to: "/templates/-/new", search: { from: called(template, former) } }) }];
  if (!builtin) items.push({ label: "Delete…", icon: <Trash2 />, onSelect: () => setAsking("delete"), danger: true });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Link to="/" search={{ template: called(template, former) }} className={buttonClass("primary")}>
        <Rocket className="size-4" /> Launch from it
      </Link>
      <Button icon={<Waves className="size-4" />} onClick={() => setAsking("pool")}>
        Make a pool of it
      </Button>
      {builtin ? (
        <Link to="/templates/-/new" search={{ from: name }} className={buttonClass()}>
          <CopyPlus className="size-4" /> Make your own of it
        </Link>
      ) : (
        <>
          <Link to="/templates/$name/edit" params={{ name }} className={buttonClass()}>
            <Pencil className="size-4" /> Edit
          </Link>
          <Menu label={`More for ${name}`} items={items} />
        </>
      )}
      {asking === "pool" && <CreatePool template={called(template, former)} onClose={() => setAsking(undefined)} />}
      {asking === "delete" && <DeleteTemplate template={template} onClose={() => setAsking(undefined)} />}
    </div>
  );
}

function DeleteTemplate({ template: { name }, onClose }: { template: WholeTemplate; onClose: () => void }) {
  const remove = useDeleteTemplate(name);
  const client = useQueryClient();
  const navigate = useNavigate();
  const confirm = async () => {
    await remove.mutateAsync();
    await navigate({ to: "/templates" });
    client.removeQueries({ queryKey: templateQuery(name).queryKey });
  };
  return (
    <Confirm open onClose={onClose} title={`Delete ${name}?`} action="Delete template" onConfirm={confirm}>
      <p>All its versions are deleted. Machines made from it stay; a pool that launches from it can fill no more.</p>
    </Confirm>
  );
}

/** The newest version goes by the name alone, so that what is made of it later is the newest then. */
function called(template: WholeTemplate, former: boolean): string {
  return former ? reference(template) : template.name;
}
