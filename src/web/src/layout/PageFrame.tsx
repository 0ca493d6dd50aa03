import { useEffect, type ReactNode } from "react";
import { explain } from "../api/problem";
import { Notice } from "./Notice";

/** Heading and body of a page. */
export function PageFrame({ title, lead, actions, children }: { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => void (document.title = `${title} · Warren`), [title]);
  return (
    <>
      <header className="mb-5 flex flex-wrap items-end gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-2xl">{title}</h1>
          {lead && <p className="mt-0.5 text-soft">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** What stands where a list would be when there is nothing to list. */
export function Empty({ icon, title, children, action }: { icon: ReactNode; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center rounded-xl border border-dashed border-line-strong px-6 py-14 text-center">
      <div className="mb-3 text-faint [&>svg]:size-8 [&>svg]:stroke-[1.4]">{icon}</div>
      <h2 className="text-lg">{title}</h2>
      <div className="mt-1 max-w-md text-soft">{children}</div>
      {action && <div className="mt-5">{action}</div>}
    </div>
  );
}

/** A query's data once it is there; its failure, or quiet bars, until then. */
export function Loaded<T>({ query, children }: { query: { data: T | undefined; error: unknown }; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Notice tone="bad" {...explain(query.error)} />;
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-2.5">
      {[0, 1, 2].map((row) => (
        <div key={row} className="h-14 animate-pulse rounded-lg bg-well" />
      ))}
    </div>
  );
}

/** A framed part of a page. */
export function Panel({ title, aside, children, className = "" }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={`rounded-lg border bg-card shadow-card ${className}`}>
      {title && (
        <header className="flex min-h-10 items-center justify-between gap-3 border-b px-4 py-1.5">
          <h2 className="text-base">{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}
