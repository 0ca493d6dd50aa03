import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect, type ErrorComponentProps } from "@tanstack/react-router";
import { LoginPage } from "./access/LoginPage";
import { sessionQuery } from "./access/session";
import { ApiError, explain } from "./api/problem";
import { HostsPage } from "./hosts/HostsPage";
import { ImagesPage } from "./images/ImagesPage";
import { KeysPage } from "./keys/KeysPage";
import { Notice } from "./layout/Notice";
import { Shell } from "./layout/Shell";
import { MachinesPage } from "./machines/MachinesPage";
import { OperationsPage } from "./operations/OperationsPage";
import { PoolsPage } from "./pools/PoolsPage";
import { TemplatesPage } from "./templates/TemplatesPage";

const root = createRootRouteWithContext<{ client: QueryClient }>()({ errorComponent: Broken, notFoundComponent: Nowhere });

const login = createRoute({ getParentRoute: () => root, path: "/login", component: LoginPage });
const signUp = createRoute({ getParentRoute: () => root, path: "/sign-up", component: LoginPage });

// For people without an account: outside the shell, which asks who they are.
const shared = createRoute({ getParentRoute: () => root, path: "/shared", component: lazyRouteComponent(() => import("./console/SharedPage"), "SharedPage") });

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: async ({ context }) => {
    try {
      await context.client.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) throw redirect({ to: "/login" });
      throw error;
    }
  },
});

/** `?launch=NAME` opens the launch form with that image chosen; `?launch=` opens it with none; `?template=NAME[@VERSION]` with that template. */
export type MachinesSearch = { launch?: string | undefined; template?: string | undefined };

const machines = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: MachinesPage,
  validateSearch: (search): MachinesSearch => ({ ...("launch" in search ? { launch: String(search.launch ?? "") } : {}), ...(search.template ? { template: String(search.template) } : {}) }),
});

// The console's code is loaded with the first machine that is looked at.
const machine = createRoute({
  getParentRoute: () => shell,
  path: "/machines/$name",
  component: lazyRouteComponent(() => import("./machines/MachinePage"), "MachinePage"),
});

const images = createRoute({ getParentRoute: () => shell, path: "/images", component: ImagesPage });
const pools = createRoute({ getParentRoute: () => shell, path: "/pools", component: PoolsPage });
const pool = createRoute({ getParentRoute: () => shell, path: "/pools/$name", component: lazyRouteComponent(() => import("./pools/PoolPage"), "PoolPage") });
const templates = createRoute({ getParentRoute: () => shell, path: "/templates", component: TemplatesPage });

/** `?version=N` shows a former version. */
export type TemplateSearch = { version?: number | undefined };

const template = createRoute({
  getParentRoute: () => shell,
  path: "/templates/$name",
  component: lazyRouteComponent(() => import("./templates/TemplatePage"), "TemplatePage"),
  validateSearch: (search): TemplateSearch => (Number.isInteger(Number(search.version)) && Number(search.version) > 0 ? { version: Number(search.version) } : {}),
});
const editTemplate = createRoute({ getParentRoute: () => shell, path: "/templates/$name/edit", component: lazyRouteComponent(() => import("./templates/EditorPage"), "EditTemplatePage") });

/** A hyphen begins no template's name. `?from=NAME` begins with a copy of that one. */
const newTemplate = createRoute({
  getParentRoute: () => shell,
  path: "/templates/-/new",
  component: lazyRouteComponent(() => import("./templates/EditorPage"), "NewTemplatePage"),
  validateSearch: (search): { from?: string | undefined } => (search.from ? { from: String(search.from) } : {}),
});
const keys = createRoute({ getParentRoute: () => shell, path: "/keys", component: KeysPage });
const hosts = createRoute({ getParentRoute: () => shell, path: "/hosts", component: HostsPage });
const host = createRoute({ getParentRoute: () => shell, path: "/hosts/$name", component: lazyRouteComponent(() => import("./hosts/HostPage"), "HostPage") });
const recording = createRoute({ getParentRoute: () => shell, path: "/recordings/$id", component: lazyRouteComponent(() => import("./recordings/PlayerPage"), "PlayerPage") });
const operations = createRoute({ getParentRoute: () => shell, path: "/operations", component: OperationsPage });
const account = createRoute({ getParentRoute: () => shell, path: "/account", component: lazyRouteComponent(() => import("./access/AccountPage"), "AccountPage") });
const users = createRoute({ getParentRoute: () => shell, path: "/users", component: lazyRouteComponent(() => import("./access/UsersPage"), "UsersPage") });

const projects = createRoute({ getParentRoute: () => shell, path: "/projects", component: lazyRouteComponent(() => import("./access/ProjectsPage"), "ProjectsPage") });
const project = createRoute({ getParentRoute: () => shell, path: "/projects/$name", component: lazyRouteComponent(() => import("./access/ProjectPage"), "ProjectPage") });


/** `?subject=ID` shows what was done to that. */
export type AuditSearch = { subject?: string | undefined };

const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  component: lazyRouteComponent(() => import("./audit/AuditPage"), "AuditPage"),
  validateSearch: (search): AuditSearch => (search.subject ? { subject: String(search.subject) } : {}),
});

const tree = root.addChildren([login, signUp, shared, shell.addChildren([machines, machine, images, templates, template, editTemplate, newTemplate, pools, pool, keys, hosts, host, recording, operations, account, users, projects, project, audit])]);

export function makeRouter(client: QueryClient) {
  return createRouter({ routeTree: tree, context: { client }, defaultPreload: "intent", defaultPreloadStaleTime: 0, scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <div className="mx-auto max-w-lg px-5 py-16">
      <Notice tone="bad" {...explain(error)}>
        <button type="button" onClick={reset} className="mt-2 text-sm font-medium underline">
          Try again
        </button>
      </Notice>
    </div>
  );
}

function Nowhere() {
  return (
    <div className="mx-auto max-w-lg px-5 py-16">
      <Notice tone="info" title="There is no such page">
        <a href="/" className="mt-1 inline-block text-sm font-medium underline">
          To the machines
        </a>
      </Notice>
    </div>
  );
}
