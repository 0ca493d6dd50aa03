import { useQuery } from "@tanstack/react-query";
import { Loaded, Panel } from "../layout/PageFrame";
import { limitsQuery } from "../machines/queries";
import { LimitGauges } from "./LimitGauges";

/** What applies to who looks, and what they have; of the current project, too, where that is limited. */
export function YourLimits() {
  const limits = useQuery({ ...limitsQuery, staleTime: 0 });
  return (
    <Panel title="Your limits">
      <div className="p-4">
        <Loaded query={limits}>
          {({ user, project }) => (
            <div className="flex flex-col gap-5">
              {user && <LimitGauges standing={user} />}
              {project && Object.keys(project.limits).some((field) => field !== "oneRunningMachine") && (
                <section className="flex flex-col gap-3 border-t pt-4">
                  <h3 className="text-sm font-semibold">All of the project {project.name} together</h3>
                  <LimitGauges standing={project} />
                </section>
              )}
            </div>
          )}
        </Loaded>
      </div>
    </Panel>
  );
}
