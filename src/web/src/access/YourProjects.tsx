import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { Loaded, Panel } from "../layout/PageFrame";
import { projectsQuery } from "./queries";

/** The projects that one is in, each with the way to its members. */
export function YourProjects() {
  const projects = useQuery(projectsQuery);
  return (
    <Panel title="Your projects">
      <Loaded query={projects}>
        {(list) => (
          <ul aria-label="Projects" className="divide-y">
            {list
              .filter((project) => project.role)
              .map((project) => (
                <li key={project.id}>
                  <Link to="/projects/$name" params={{ name: project.name }} className="flex items-center gap-3 px-4 py-2.5 hover:bg-well">
                    <span className="min-w-0 flex-1 truncate font-medium">{project.name}</span>
                    <span className="text-sm text-soft">{project.role}</span>
                    <ChevronRight className="size-4 text-faint" />
                  </Link>
                </li>
              ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
