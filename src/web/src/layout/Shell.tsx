import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Activity, Disc3, KeyRound, LayoutTemplate, LogOut, MonitorDot, ScrollText, Server, UserRound, Users, Waves } from "lucide-react";
import { useEventFeed, type Liveness } from "../api/events";
import type { Operation } from "../api/types";
import { ProjectSwitcher } from "../access/ProjectSwitcher";
import { logOut, sessionQuery } from "../access/session";
import { useIsAdministrator } from "../access/useIsAdministrator";
import { verb } from "./format";
import { ThemeToggle } from "./ThemeToggle";
import { toast } from "./toasts";

const places = [
  { to: "/", label: "Machines", icon: MonitorDot },
  { to: "/images", label: "Images", icon: Disc3 },
  { to: "/templates", label: "Templates", icon: LayoutTemplate },
  { to: "/pools", label: "Pools", icon: Waves },
  { to: "/keys", label: "Keys", icon: KeyRound },
  { to: "/hosts", label: "Hosts", icon: Server },
  { to: "/operations", label: "Operations", icon: Activity },
] as const;

const managed = [
  { to: "/users", label: "Users", icon: Users },
  { to: "/audit", label: "Audit", icon: ScrollText },
] as const;

/** The frame of every page behind the door: navigation, who is logged in, whether the page is live. */
export function Shell() {
  const live = useEventFeed(sayFailure);
  const { data: session } = useQuery(sessionQuery);
  const administers = useIsAdministrator();
  return (
    <div className="flex min-h-dvh flex-col md:flex-row">
      <a href="#main" className="absolute -top-20 left-2 z-50 rounded-md bg-ink px-3 py-2 text-paper focus:top-2">
        Skip to the content
      </a>
      <aside className="sticky top-0 z-20 flex items-center justify-between gap-3 border-b bg-paper px-4 py-2 md:h-dvh md:w-52 md:shrink-0 md:flex-col md:items-stretch md:justify-start md:border-r md:border-b-0 md:px-3 md:py-4">
        <Link to="/" className="flex items-center gap-2.5 rounded-md md:mb-5 md:px-2" aria-label="Warren, machines">
          <img src="/warren.svg" alt="" className="size-7" />
          <span className="text-lg font-semibold tracking-tight">Warren</span>
        </Link>
        <nav aria-label="Main" className="fixed inset-x-0 bottom-0 z-20 flex justify-around border-t bg-card px-1 pt-1 pb-[max(0.25rem,env(safe-area-inset-bottom))] md:static md:flex-col md:gap-0.5 md:border-0 md:bg-transparent md:p-0">
          {[...places, ...(administers ? managed : [])].map(({ to, label, icon: Icon }) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              className="flex flex-1 flex-col items-center gap-0.5 rounded-md px-0.5 py-1.5 text-xs text-soft hover:bg-well hover:text-ink data-[status=active]:font-semibold data-[status=active]:text-ink md:flex-row md:gap-2.5 md:px-2 md:text-base md:data-[status=active]:bg-well [&[data-status=active]>svg]:text-accent"
            >
              <Icon className="size-4.5 md:size-4" />
              {label}
            </Link>
          ))}
        </nav>
        <div className="flex items-center gap-3 md:mt-auto md:flex-col md:items-stretch md:gap-3 md:px-2">
          <ProjectSwitcher />
          <LiveSign live={live} />
          <ThemeToggle />
          <div className="flex items-center justify-between text-sm text-soft">
            <Link to="/account" title="Your account" className="flex min-w-0 items-center gap-2 rounded-md p-1.5 hover:bg-well hover:text-ink md:-ml-1.5">
              <UserRound className="size-4 shrink-0" />
              <span className="hidden truncate md:inline">{session?.user}</span>
              <span className="sr-only">Account</span>
            </Link>
            <button type="button" onClick={() => void logOut()} title="Log out" aria-label="Log out" className="rounded-md p-1.5 hover:bg-well hover:text-ink">
              <LogOut className="size-4" />
            </button>
          </div>
        </div>
      </aside>
      <main id="main" className="mx-auto w-full max-w-340 min-w-0 flex-1 px-4 pt-5 pb-24 md:px-8 md:pt-7 md:pb-10">
        <Outlet />
      </main>
    </div>
  );
}

function LiveSign({ live }: { live: Liveness }) {
  const text = { live: "Live", connecting: "Connecting", lost: "Reconnecting" }[live];
  const dot = { live: "bg-good", connecting: "bg-accent animate-breathe", lost: "bg-bad animate-breathe" }[live];
  return (
    <span role="status" className="flex items-center gap-2 text-xs text-faint" title={live === "live" ? "What you see follows the server by itself" : "The server is not reached at the moment; what you see may be old"}>
      <span className={`size-1.5 rounded-full ${dot}`} />
      <span className={live === "live" ? "hidden md:inline" : ""}>{text}</span>
    </span>
  );
}

// What was asked for and accepted can still fail; nobody should have to look for it.
function sayFailure(operation: Operation): void {
  if (operation.status !== "failed") return;
  const { title, detail } = operation.problem ?? { title: "It failed" };
  toast({ tone: "bad", title: `${verb(operation.kind)} ${operation.subjectName}: ${title}`, ...(detail ? { detail } : {}) });
}
