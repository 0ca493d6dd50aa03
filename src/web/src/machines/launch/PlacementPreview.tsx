import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { keys } from "../../api/cache";
import { api, body } from "../../api/client";
import { ApiError } from "../../api/problem";
import type { LaunchRequest, Placement } from "../../api/types";
import { Notice } from "../../layout/Notice";
import { useSettled } from "../../layout/useSettled";
import { Verdicts } from "../Verdicts";
import { toRequest, type LaunchForm } from "./form";

/** Asks where a launch would go; nothing is kept of it. */
const placementQuery = (request: LaunchRequest) =>
  queryOptions({
    queryKey: [...keys.placement, request],
    queryFn: ({ signal }) => body(api.POST("/api/v1/machines/placement", { body: request, signal })) as Promise<Placement>,
    staleTime: 5000,
    gcTime: 30_000,
    retry: false,
  });

/** Where the machine would go and why, before it is launched. */
export function PlacementPreview({ form }: { form: LaunchForm }) {
  // Its name, keys and cloud-init do not matter to where it goes, so they are not waited for.
  const { name: _name, keys: _keys, userData: _userData, firstBoot: _firstBoot, ...request } = toRequest(form);
  const asked = useSettled(JSON.stringify({ ...request, keys: [] }), 250);
  const placement = useQuery({ ...placementQuery(JSON.parse(asked) as LaunchRequest), placeholderData: keepPreviousData });
  if (placement.error) {
    // A rule that the launch itself would break is said at its field when it is sent.
    return placement.error instanceof ApiError && placement.error.kind !== "validation" ? <Notice tone="warn" title={placement.error.problem.title} detail={placement.error.message} /> : null;
  }
  if (!placement.data) return <p className="h-5 text-xs text-faint">Asking where it fits…</p>;
  const { host, why, hosts } = placement.data;
  return (
    <div aria-live="polite" className={placement.isPlaceholderData ? "opacity-60" : ""}>
      {host ? (
        <div className="rounded-lg border bg-card px-3 py-2 text-sm">
          <p>
            Goes to <strong className="font-semibold">{host}</strong>. <span className="text-soft">{why}</span>
          </p>
          <Verdicts hosts={hosts.filter((verdict) => verdict.host !== host)} />
        </div>
      ) : (
        <Notice tone="warn" title="No host takes it as it is">
          <Verdicts hosts={hosts} open />
        </Notice>
      )}
    </div>
  );
}
