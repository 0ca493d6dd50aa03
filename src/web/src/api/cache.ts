import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { addressOf } from "../machines/state";
import { hasEnded } from "../operations/hasEnded";
import { entries, remove, upsert, type Pages } from "./pages";
import type { Connection, GoldenImage, Host, Image, Lease, Machine, Operation, Pool, WarrenEvent } from "./types";

/** Keys under which the pages' data is kept. */
export const keys = {
  session: ["session"] as const,
  account: ["account"] as const,
  browserSessions: ["browser-sessions"] as const,
  identities: ["identities"] as const,
  tokens: ["tokens"] as const,
  users: ["users"] as const,
  invitations: ["invitations"] as const,
  audit: ["audit"] as const,
  projects: ["projects"] as const,
  project: (name: string) => ["projects", name] as const,
  membersOf: (project: string) => ["projects", project, "members"] as const,
  machines: ["machines"] as const,
  machine: (name: string) => ["machine", name] as const,
  snapshots: ["snapshots"] as const,
  snapshotsOf: (machine: string) => ["snapshots", machine] as const,
  /** All that is known of recordings begins with this. */
  recordings: ["recordings"] as const,
  recordingsOf: (machine: string) => ["recordings", "of", machine] as const,
  recording: (id: string) => ["recordings", "one", id] as const,
  images: ["images"] as const,
  uploads: ["uploads"] as const,
  goldenImages: ["golden-images"] as const,
  catalogue: ["catalogue"] as const,
  /** All that is known of templates begins with this. */
  templates: ["templates"] as const,
  template: (name: string, version: number | undefined) => ["templates", name, version ?? "newest"] as const,
  templateVersions: (name: string) => ["templates", name, "versions"] as const,
  /** A text as it was judged. */
  templateCheck: (yaml: string) => ["template-check", yaml] as const,
  pools: ["pools"] as const,
  /** Leases of a pool that live, or those that have ended. */
  leases: (pool: string, ended: boolean) => ["leases", pool, ended] as const,
  usersOf: (machine: string) => ["machine-users", machine] as const,
  sharesOf: (machine: string) => ["shares", machine] as const,
  connectionsOf: (machine: string) => ["connections", machine] as const,
  /** All that is known of limits begins with this. */
  limits: ["limits"] as const,
  limitsOf: (of: "user" | "project", name: string) => ["limits", of, name] as const,
  sshKeys: ["keys"] as const,
  hosts: ["hosts"] as const,
  /** What has to be asked of the host itself: its machines, networks, storage. */
  onHost: (host: string, part?: "machines" | "networks" | "storage") => (part ? ["host", host, part] : ["host", host]),
  hypervisors: ["hypervisors"] as const,
  placement: ["placement"] as const,
  operations: ["operations"] as const,
  operationsOf: (subject: string) => ["operations", subject] as const,
  operation: (id: string) => ["operation", id] as const,
};

/** Brings one event of the stream into the cache, so that every open view changes at once. */
export function applyEvent(client: QueryClient, event: WarrenEvent): void {
  switch (event.type) {
    case "machine.deleted":
      forgetMachine(client, event.subjectId);
      // How many machines a host has is not told by events of its own.
      void client.invalidateQueries({ queryKey: keys.hosts });
      // Nor how many machines are leaving a pool.
      void client.invalidateQueries({ queryKey: keys.pools });
      break;
    case "golden-image.deleted":
      change<Pages<GoldenImage>>(client, keys.goldenImages, (pages) => remove(pages, event.subjectId));
      break;
    case "pool.deleted":
      change<Pool[]>(client, keys.pools, (pools) => pools?.filter((pool) => pool.id !== event.subjectId));
      break;
    case "host.removed":
      change<Host[]>(client, keys.hosts, (hosts) => hosts?.filter((host) => host.name !== event.subjectId));
      client.removeQueries({ queryKey: keys.onHost(event.subjectId) });
      break;
    case "image.deleted":
      change<Pages<Image>>(client, keys.images, (pages) => remove(pages, event.subjectId));
      void client.invalidateQueries({ queryKey: keys.catalogue });
      break;
    case "operation.changed":
      if (event.data) putOperation(client, event.data as Operation);
      break;
    default:
      // A snapshot's event does not tell its machine. Only the tree that is shown is read at once.
      if (event.type.startsWith("snapshot.")) void client.invalidateQueries({ queryKey: keys.snapshots });
      // Whom a machine is shared with, and whether it is with oneself, only the server says.
      if (event.type.startsWith("machine-user.")) for (const queryKey of [["machine-users"], keys.machines, ["machine"]]) void client.invalidateQueries({ queryKey });
      if (event.type.startsWith("share.")) void client.invalidateQueries({ queryKey: ["shares"] });
      if (event.data && event.type.startsWith("connection.")) change<Pages<Connection>>(client, keys.connectionsOf((event.data as Connection).machineId), (pages) => upsert(pages, event.data as Connection));
      // A template is addressed by its name, which an event does not tell.
      if (event.type.startsWith("template.")) void client.invalidateQueries({ queryKey: keys.templates });
      // What is shown of recordings is little, and read again at once.
      if (event.type.startsWith("recording.")) void client.invalidateQueries({ queryKey: keys.recordings });
      if (event.type === "machine.created") void client.invalidateQueries({ queryKey: keys.hosts });
      if (event.data && event.type.startsWith("host.")) putHost(client, event.data as Host);
      if (event.data && event.type.startsWith("machine.")) putMachine(client, event.data as Machine);
      if (event.data && event.type.startsWith("image.")) putImage(client, event.data as Image);
      if (event.data && event.type.startsWith("golden-image.")) change<Pages<GoldenImage>>(client, keys.goldenImages, (pages) => upsert(pages, event.data as GoldenImage));
      if (event.data && event.type.startsWith("pool.")) putPool(client, event.data as Pool);
      if (event.data && event.type.startsWith("lease.")) putLease(client, event.data as Lease);
  }
}

/** A pool as an event or an answer tells it. */
export function putPool(client: QueryClient, pool: Pool): void {
  change<Pool[]>(client, keys.pools, (pools) => pools && (pools.some(({ id }) => id === pool.id) ? pools.map((other) => (other.id === pool.id ? pool : other)) : [pool, ...pools]));
}

/** A lease as an event or an answer tells it; one that has ended goes over to the others that have. */
export function putLease(client: QueryClient, lease: Lease): void {
  const ended = !!lease.endedAt;
  change<Pages<Lease>>(client, keys.leases(lease.pool, ended), (pages) => upsert(pages, lease));
  change<Pages<Lease>>(client, keys.leases(lease.pool, !ended), (pages) => remove(pages, lease.id));
  // A claim touches nothing of the pool itself; its counts are told later.
  void client.invalidateQueries({ queryKey: keys.pools });
}

/** A machine as an event or an answer tells it. */
export function putMachine(client: QueryClient, machine: Machine): void {
  change<Pages<Machine>>(client, keys.machines, (pages) => upsert(pages, machine));
  // Whether a new machine belongs into a narrowed list is the server's to say; one that is shown there already is kept fresh.
  for (const key of narrowed(client)) change<Pages<Machine>>(client, key, (pages) => upsert(pages, machine, false));
  change<Machine>(client, keys.machine(addressOf(machine)), (known) => known && machine);
}

function forgetMachine(client: QueryClient, id: string): void {
  for (const key of [keys.machines, ...narrowed(client)]) change<Pages<Machine>>(client, key, (pages) => remove(pages, id));
  const of = client.getQueriesData<Machine>({ queryKey: ["machine"] }).filter(([, machine]) => machine?.id === id);
  for (const [key] of of) client.setQueryData(key, null);
}

/** A host as an event or an answer tells it. */
export function putHost(client: QueryClient, host: Host): void {
  change<Host[]>(client, keys.hosts, (hosts) => hosts && [...hosts.filter((other) => other.name !== host.name), host].sort((one, other) => (one.name < other.name ? -1 : 1)));
  // What was asked of it before may have failed then, or be another thing now.
  void client.invalidateQueries({ queryKey: keys.onHost(host.name) });
}

function narrowed(client: QueryClient): QueryKey[] {
  return client.getQueryCache().findAll({ queryKey: keys.machines }).map((query) => query.queryKey).filter((key) => key.length > keys.machines.length);
}

function putImage(client: QueryClient, image: Image): void {
  change<Pages<Image>>(client, keys.images, (pages) => upsert(pages, image));
  // The catalogue says which entries are in the store.
  if (image.state === "ready") void client.invalidateQueries({ queryKey: keys.catalogue });
}

function putOperation(client: QueryClient, operation: Operation): void {
  client.setQueryData(keys.operation(operation.id), operation);
  change<Pages<Operation>>(client, keys.operations, (pages) => upsert(pages, operation));
  change<Pages<Operation>>(client, keys.operationsOf(operation.subjectId), (pages) => upsert(pages, operation));
  if (operation.subjectKind === "machine") {
    for (const key of [keys.machines, ...narrowed(client)]) change<Pages<Machine>>(client, key, (pages) => mark(pages, operation));
    for (const name of [operation.subjectName, operation.subjectId]) change<Machine>(client, keys.machine(name), (machine) => machine && marked(machine, operation));
    // Where the machine stands among its snapshots is told by no event of theirs.
    if (hasEnded(operation)) void client.invalidateQueries({ queryKey: keys.snapshotsOf(operation.subjectId) });
    // Nor how many machines a golden image has made.
    if (hasEnded(operation) && operation.kind === "machine.launch-golden") void client.invalidateQueries({ queryKey: keys.goldenImages });
  } else if (operation.subjectKind === "golden-image") change<Pages<GoldenImage>>(client, keys.goldenImages, (pages) => mark(pages, operation));
  else if (operation.subjectKind === "image") change<Pages<Image>>(client, keys.images, (pages) => mark(pages, operation));
}

/** A thing says which operation is under way on it. An operation that ends need not change the thing, so no event of its own tells. */
function marked<T extends { id: string; operation?: string | undefined }>(thing: T, operation: Operation): T {
  if (thing.id !== operation.subjectId) return thing;
  if (!hasEnded(operation)) return thing.operation ? thing : { ...thing, operation: operation.id };
  return thing.operation === operation.id ? { ...thing, operation: undefined } : thing;
}

function mark<T extends { id: string; operation?: string | undefined }>(pages: Pages<T> | undefined, operation: Operation): Pages<T> | undefined {
  const thing = entries(pages).find((one) => one.id === operation.subjectId);
  return thing ? upsert(pages, marked(thing, operation)) : pages;
}

/** Queries that are read again as soon as the read under way has ended. */
const again = new WeakSet<object>();

/** Writes to the cache. A read that is under way may be older than the event, so once it has ended it is done again. */
function change<T>(client: QueryClient, key: QueryKey, update: (old: T | undefined) => T | undefined): void {
  const query = client.getQueryCache().find({ queryKey: key, exact: true });
  if (!query) return;
  client.setQueryData<T>(key, update);
  if (query.state.fetchStatus !== "fetching" || !query.promise || again.has(query)) return;
  again.add(query);
  const repeat = () => {
    again.delete(query);
    void client.invalidateQueries({ queryKey: key, exact: true });
  };
  query.promise.then(repeat, repeat);
}
