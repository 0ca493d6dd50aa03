import type { QuotaStanding } from "../api/types";
import { Gauge } from "../hosts/Gauge";
import { limitFields } from "./fields";

/** How much somebody has of what they may have. */
export function LimitGauges({ standing }: { standing: QuotaStanding }) {
  const { limits, used } = standing;
  const limited = limitFields.filter(({ field }) => limits[field] !== undefined);
  const free = limitFields.filter(({ field }) => limits[field] === undefined);
  return (
    <div className="flex flex-col gap-4">
      {limited.length > 0 && (
        <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
          {limited.map(({ field, label, write }) => {
            const limit = limits[field] ?? 0;
            return <Gauge key={field} name={label} used={used[field]} total={limit} text={`${write(used[field])} of ${write(limit)}`} />;
          })}
        </div>
      )}
      {free.length > 0 && (
        <dl className="grid grid-cols-2 gap-x-8 gap-y-2 text-sm sm:grid-cols-3">
          {free.map(({ field, label, write }) => (
            <div key={field}>
              <dt className="text-faint">{label}</dt>
              <dd className="font-semibold tabular-nums">{write(used[field])}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="text-sm text-soft">
        {limits.oneRunningMachine && "One machine may run at a time. "}
        {free.length === limitFields.length ? "Nothing is limited." : free.length > 0 ? "What has no bar is not limited." : ""}
      </p>
    </div>
  );
}
