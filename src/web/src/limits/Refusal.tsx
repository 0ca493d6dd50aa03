import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sessionQuery } from "../access/session";
import { ApiError, explain } from "../api/problem";
import { buttonClass } from "../layout/Button";
import { Notice } from "../layout/Notice";

/** Why there is no new machine; where one runs already and only one may, the way to that. */
export function Refusal({ error }: { error: unknown }) {
  const current = useQuery(sessionQuery).data?.project;
  const machine = error instanceof ApiError ? error.problem.machine : undefined;
  if (!machine) return <Notice tone="bad" {...explain(error)} />;
  return (
    <Notice tone="warn" title={`${machine.name} is running already`} detail="One machine may run at a time. Use that one, or stop it first.">
      {machine.project === current ? (
        <Link to="/machines/$name" params={{ name: machine.name }} className={`${buttonClass("plain", "sm")} mt-2`}>
          Open {machine.name}
        </Link>
      ) : (
        <p className="mt-1 text-sm text-soft">It is in the project {machine.project}; switch to that to see it.</p>
      )}
    </Notice>
  );
}
