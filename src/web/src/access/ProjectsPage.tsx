import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronRight, FolderPlus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { projectsQuery, useCreateProject } from "./queries";

/** The projects that one may see: one's own, and all for administrators. */
export function ProjectsPage() {
  const projects = useQuery(projectsQuery);
  const [making, setMaking] = useState(false);
  return (
    <PageFrame
      title="Projects"
      lead="What machines, images and keys belong to, and who shares them."
      actions={
        <Button look="primary" icon={<FolderPlus className="size-4" />} onClick={() => setMaking(true)}>
          New project
        </Button>
      }
    >
      <Loaded query={projects}>
        {(list) => (
          <Panel>
            <ul aria-label="Projects" className="divide-y">
              {list.map((project) => (
                <li key={project.id}>
                  <Link to="/projects/$name" params={{ name: project.name }} className="flex items-center gap-3 px-4 py-2.5 hover:bg-well">
                    <span className="min-w-0 flex-1">
                      <span className="block truncate font-semibold">{project.name}</span>
                      <span className="block text-xs text-faint">
                        {project.members} member{project.members === 1 ? "" : "s"} · since <Ago at={project.createdAt} />
                      </span>
                    </span>
                    <span className="text-sm text-soft">{project.role ?? ""}</span>
                    <ChevronRight className="size-4 text-faint" />
                  </Link>
                </li>
              ))}
            </ul>
          </Panel>
        )}
      </Loaded>
      {making && <CreateProject onClose={() => setMaking(false)} />}
    </PageFrame>
  );
}

function CreateProject({ onClose }: { onClose: () => void }) {
  const create = useCreateProject();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const errors = fieldErrors(create.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await create.mutateAsync(name).catch(() => undefined)) await navigate({ to: "/projects/$name", params: { name } });
  };
  return (
    <Modal open onClose={onClose} title="New project" width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
          <TextField label="Name" autoFocus autoCapitalize="none" value={name} onChange={(event) => setName(event.target.value)} errors={errors.name} hint="You are its administrator, and let others in." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={!name}>
            Make project
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
