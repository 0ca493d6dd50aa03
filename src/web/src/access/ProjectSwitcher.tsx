import { useQuery } from "@tanstack/react-query";
import { toastError } from "../layout/toasts";
import { projectsQuery } from "./queries";
import { sessionQuery, switchProject } from "./session";

/** The project that this browser acts in; nothing where there is only one. */
export function ProjectSwitcher() {
  const session = useQuery(sessionQuery).data;
  const projects = useQuery(projectsQuery).data ?? [];
  if (!session || projects.length < 2) return null;
  return (
    <select aria-label="Project" title="Project: what is made is made here" className="field h-8 w-auto min-w-0 py-0 text-sm md:w-full" value={session.project} onChange={(event) => void switchProject(event.target.value).catch(toastError)}>
      {projects.map((project) => (
        <option key={project.id} value={project.name}>
          {project.name}
        </option>
      ))}
    </select>
  );
}
