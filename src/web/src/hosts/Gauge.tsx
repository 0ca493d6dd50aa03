import type { ReactNode } from "react";

/** How much of something is taken. */
export function Gauge({ name, used, total, text }: { name: string; used: number; total: number; text: ReactNode }) {
  const share = total > 0 ? Math.min(100, (used / total) * 100) : 0;
  return (
    <div>
      <p className="mb-1.5 flex flex-wrap justify-between gap-x-3 text-sm">
        <span className="text-faint">{name}</span>
        <span className="tabular-nums">{text}</span>
      </p>
      <div role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={total} aria-valuenow={used} className="h-2 overflow-hidden rounded-full bg-well">
        <div className={`h-full rounded-full ${share > 90 ? "bg-bad" : "bg-accent"}`} style={{ width: `${share}%` }} />
      </div>
    </div>
  );
}

export function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <p className="text-sm">
      <span className="block text-faint">{name}</span>
      <span className="text-base font-semibold tabular-nums">{children}</span>
    </p>
  );
}
