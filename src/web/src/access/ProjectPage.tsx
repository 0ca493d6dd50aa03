import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { Project } from "../api/types";
import { Button } from "../layout/Button";
import { Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { ThingPage } from "../layout/ThingPage";
import { EditLimits } from "../limits/EditLimits";
import { LimitGauges } from "../limits/LimitGauges";
import { standingQuery } from "../limits/queries";
import { Members } from "./Members";
import { projectQuery } from "./queries";
import { useIsAdministrator } from "./useIsAdministrator";

/** One project: who is in it, and what they may have together. */
export function ProjectPage() {
  const { name } = useParams({ from: "/shell/projects/$name" });
  const project = useQuery(projectQuery(name));
  return (
    <ThingPage kind="project" name={name} list={{ to: "/projects", title: "Projects" }} query={project}>
      {(data) => <Body project={data} />}
    </ThingPage>
  );
}

function Body({ project }: { project: Project }) {
  const administers = useIsAdministrator();
  const standing = useQuery({ ...standingQuery({ of: "project", name: project.name }), staleTime: 0 });
  const [limiting, setLimiting] = useState(false);
  return (
    <PageFrame title={project.name} lead={project.role ? `Project, whose ${project.role} you are.` : "Project."}>
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <Members project={project} manages={administers || project.role === "administrator"} />
        <Panel
          title="Limits of all members together"
          aside={
            administers && (
              <Button size="sm" look="quiet" onClick={() => setLimiting(true)}>
                Change
              </Button>
            )
          }
        >
          <div className="p-4">
            <Loaded query={standing}>{(data) => <LimitGauges standing={data} />}</Loaded>
          </div>
        </Panel>
      </div>
      {limiting && <EditLimits whose={{ of: "project", name: project.name }} onClose={() => setLimiting(false)} />}
    </PageFrame>
  );
}
