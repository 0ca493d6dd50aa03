import { Link } from "@tanstack/react-router";
import { ChevronLeft, SearchX } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { buttonClass } from "./Button";
import { Empty, Loaded } from "./PageFrame";

/** Where a page's things are listed. */
type List = { to: "/" | "/hosts" | "/pools" | "/templates" | "/projects"; title: string };

/** The page of one thing by its name, and what stands there when there is none of that name. */
export function ThingPage<T>(props: { kind: string; name: string; list: List; query: { data: T | null | undefined; error: unknown }; children: (thing: T) => ReactNode }) {
  const { kind, name, list, query, children } = props;
  useEffect(() => void (document.title = `${name} · Warren`), [name]);
  return (
    <Loaded query={query}>
      {(data) =>
        data ? (
          children(data)
        ) : (
          <Empty icon={<SearchX />} title={`There is no ${kind} ${name}`} action={<Link to={list.to} className={buttonClass()}>To the {list.title.toLowerCase()}</Link>}>
            It may have been deleted, or it was never there.
          </Empty>
        )
      }
    </Loaded>
  );
}

/** The way back, the name, what it is in a line, and what can be done with it. */
export function ThingHeader({ name, list, lead, actions }: { name: string; list: List; lead: ReactNode; actions: ReactNode }) {
  return (
    <header className="flex flex-wrap items-end gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-64">
        <Link to={list.to} className="mb-1 -ml-1 inline-flex items-center gap-0.5 rounded text-sm text-soft hover:text-ink">
          <ChevronLeft className="size-4" /> {list.title}
        </Link>
        <h1 className="truncate text-2xl">{name}</h1>
        <div className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">{lead}</div>
      </div>
      {actions}
    </header>
  );
}
