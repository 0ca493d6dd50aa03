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
const operations = createRoute({ getParentRoute: () => shell, path: "/operations", component: OperationsPage });

const tree = root.addChildren([login, shell.addChildren([machines, machine, images, templates, template, editTemplate, newTemplate, pools, pool, keys, hosts, host, operations])]);

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
