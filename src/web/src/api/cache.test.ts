import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { applyEvent, keys } from "./cache";
import type { Pages } from "./pages";
import type { GoldenImage, Host, Lease, Machine, Operation, Pool, WarrenEvent } from "./types";

const machine = (id: string, state: Machine["state"] = "running") => ({ id, name: `m-${id}`, state }) as Machine;
const event = (type: string, subjectId: string, data?: unknown): WarrenEvent => ({ id: 1, type, subjectId, at: "2026-01-01T00:00:00Z", data });
const pages = <T>(...items: T[][]): Pages<T> => ({ pages: items.map((page, at) => (at < items.length - 1 ? { items: page, next: String(at) } : { items: page })), pageParams: [undefined] });
const names = (client: QueryClient, key: readonly unknown[] = keys.machines) => client.getQueryData<Pages<Machine>>(key)?.pages.map((page) => page.items.map((one) => one.id));

function clientWith(...items: Machine[][]): QueryClient {
  const client = new QueryClient();
  client.setQueryData(keys.machines, pages(...items));
  return client;
}

test("a changed machine replaces itself where it stands, and other pages stay the same objects", () => {
  const client = clientWith([machine("a"), machine("b")], [machine("c")]);
  const before = client.getQueryData<Pages<Machine>>(keys.machines);
  applyEvent(client, event("machine.changed", "b", machine("b", "stopped")));
  const after = client.getQueryData<Pages<Machine>>(keys.machines);
  expect(after?.pages[0]?.items[1]?.state).toBe("stopped");
  expect(after?.pages[0]?.items[0]).toBe(before?.pages[0]?.items[0]);
  expect(after?.pages[1]).toBe(before?.pages[1]);
});

test("a machine not seen before goes to the front", () => {
  const client = clientWith([machine("a")], [machine("b")]);
  applyEvent(client, event("machine.changed", "z", machine("z", "creating")));
  expect(names(client)).toEqual([["z", "a"], ["b"]]);
});

test("a narrowed list is kept fresh but is given nothing that it did not show", () => {
  const client = clientWith([machine("a")]);
  const key = [...keys.machines, { name: "m-a" }];
  client.setQueryData(key, pages([machine("a")]));
  applyEvent(client, event("machine.changed", "z", machine("z")));
  applyEvent(client, event("machine.changed", "a", machine("a", "failed")));
  expect(names(client, key)).toEqual([["a"]]);
  expect(client.getQueryData<Pages<Machine>>(key)?.pages[0]?.items[0]?.state).toBe("failed");
});

test("a deleted machine leaves every list, and its own page learns that it is gone", () => {
  const client = clientWith([machine("a"), machine("b")]);
  client.setQueryData(keys.machine("m-a"), machine("a"));
  client.setQueryData(keys.machine("m-b"), machine("b"));
  applyEvent(client, event("machine.deleted", "a"));
  expect(names(client)).toEqual([["b"]]);
  expect(client.getQueryData(keys.machine("m-a"))).toBeNull();
  expect(client.getQueryData(keys.machine("m-b"))).toEqual(machine("b"));
});

test("an operation is known by its id before anybody asked for it", () => {
  const client = new QueryClient();
  const operation = { id: "o", subjectId: "a", status: "running", progress: 40 } as Operation;
  applyEvent(client, event("operation.changed", "o", operation));
  expect(client.getQueryData(keys.operation("o"))).toEqual(operation);
  expect(client.getQueryData(keys.operations)).toBeUndefined();
});

test("an operation that ends without changing its machine leaves it free again", () => {
  const client = clientWith([{ ...machine("a", "stopped") }]);
  client.setQueryData(keys.machine("m-a"), machine("a", "stopped"));
  const operation = (status: Operation["status"]) => ({ id: "o", subjectKind: "machine", subjectId: "a", subjectName: "m-a", status }) as Operation;
  const marks = () => [client.getQueryData<Machine>(keys.machine("m-a"))?.operation, client.getQueryData<Pages<Machine>>(keys.machines)?.pages[0]?.items[0]?.operation];
  applyEvent(client, event("operation.changed", "o", operation("running")));
  expect(marks()).toEqual(["o", "o"]);
  applyEvent(client, event("operation.changed", "other", { ...operation("succeeded"), id: "other" }));
  expect(marks()).toEqual(["o", "o"]);
  applyEvent(client, event("operation.changed", "o", operation("succeeded")));
  expect(marks()).toEqual([undefined, undefined]);
});

test("a read under way that may be older than the event is done again", async () => {
  const client = new QueryClient();
  const answers = [machine("a", "starting"), machine("a", "running")];
  let release = () => {};
  const first = new Promise<void>((resolve) => (release = resolve));
  let reads = 0;
  const read = client.fetchQuery({
    queryKey: keys.machine("m-a"),
    queryFn: async () => {
      const answer = answers[reads++];
      if (reads === 1) await first;
      return answer;
    },
  });
  applyEvent(client, event("machine.changed", "a", machine("a", "running")));
  release();
  expect((await read)?.state).toBe("starting");
  // Nobody shows this query, so it is only marked; whoever shows it next reads again.
  expect(client.getQueryState(keys.machine("m-a"))?.isInvalidated).toBe(true);
});

test("hosts come, change and go with their events, in the order of their names", () => {
  const client = new QueryClient();
  const host = (name: string, state: Host["status"]["state"]) => ({ name, status: { state, tried: "" } }) as Host;
  const seen = () => client.getQueryData<Host[]>(keys.hosts)?.map((one) => `${one.name} ${one.status.state}`);
  applyEvent(client, event("host.added", "early", host("early", "pending")));
  expect(seen()).toBeUndefined();
  client.setQueryData(keys.hosts, [host("local", "online")]);
  applyEvent(client, event("host.added", "attic", host("attic", "pending")));
  applyEvent(client, event("host.status", "attic", host("attic", "unreachable")));
  expect(seen()).toEqual(["attic unreachable", "local online"]);
  applyEvent(client, event("host.removed", "attic"));
  expect(seen()).toEqual(["local online"]);
});

test("what was asked of a host is asked again when its status changes", () => {
  const client = new QueryClient();
  client.setQueryData(keys.onHost("attic", "networks"), []);
  client.setQueryData(keys.onHost("cellar", "networks"), []);
  applyEvent(client, event("host.status", "attic", { name: "attic" }));
  expect(client.getQueryState(keys.onHost("attic", "networks"))?.isInvalidated).toBe(true);
  expect(client.getQueryState(keys.onHost("cellar", "networks"))?.isInvalidated).toBe(false);
});

test("a machine's snapshots are read again when one changes, and when something that was done to the machine has ended", () => {
  const stale = (type: string, data?: object) => {
    const client = new QueryClient();
    for (const one of ["a", "b"]) client.setQueryData(keys.snapshotsOf(one), []);
    applyEvent(client, event(type, "x", data));
    return ["a", "b"].filter((one) => client.getQueryState(keys.snapshotsOf(one))?.isInvalidated);
  };
  const operation = (status: Operation["status"]) => ({ id: "o", subjectKind: "machine", subjectId: "a", subjectName: "m-a", status });
  for (const type of ["snapshot.created", "snapshot.changed", "snapshot.deleted"]) expect(stale(type)).toEqual(["a", "b"]);
  expect(stale("operation.changed", operation("running"))).toEqual([]);
  expect(stale("operation.changed", operation("succeeded"))).toEqual(["a"]);
});

test("pools come, move their gauges and go with their events; one that is not shown is not made up", () => {
  const client = new QueryClient();
  const pool = (id: string, spares: number) => ({ id, name: `p-${id}`, spares }) as Pool;
  const seen = () => client.getQueryData<Pool[]>(keys.pools)?.map(({ id, spares }) => `${id} ${spares}`);
  applyEvent(client, event("pool.created", "a", pool("a", 0)));
  expect(seen()).toBeUndefined();
  client.setQueryData(keys.pools, [pool("a", 0)]);
  applyEvent(client, event("pool.created", "b", pool("b", 0)));
  applyEvent(client, event("pool.changed", "a", pool("a", 2)));
  applyEvent(client, event("pool.low", "b", pool("b", 1)));
  expect(seen()).toEqual(["b 1", "a 2"]);
  applyEvent(client, event("pool.deleted", "a"));
  expect(seen()).toEqual(["b 1"]);
});

test("a lease that ends goes over to those that have, and its pool is counted again", () => {
  const client = new QueryClient();
  const lease = (id: string, endedAt?: string) => ({ id, pool: "p", ...(endedAt ? { endedAt } : {}) }) as Lease;
  const ids = (ended: boolean) => client.getQueryData<Pages<Lease>>(keys.leases("p", ended))?.pages[0]?.items.map(({ id }) => id);
  for (const [ended, of] of [[false, ["a"]], [true, []]] as const) client.setQueryData(keys.leases("p", ended), pages(of.map((id) => lease(id))));
  client.setQueryData(keys.leases("other", false), pages([lease("z")]));
  client.setQueryData(keys.pools, []);
  applyEvent(client, event("lease.created", "b", lease("b")));
  expect([ids(false), ids(true)]).toEqual([["b", "a"], []]);
  applyEvent(client, event("lease.changed", "a", lease("a", "2026-01-01T00:00:00Z")));
  expect([ids(false), ids(true)]).toEqual([["b"], ["a"]]);
  expect(client.getQueryState(keys.pools)?.isInvalidated).toBe(true);
  expect(client.getQueryData<Pages<Lease>>(keys.leases("other", false))?.pages[0]?.items).toHaveLength(1);
});

test("a golden image follows its events and its operation, and its machines are counted again when one has been made", () => {
  const client = new QueryClient();
  const golden = (state: GoldenImage["state"]) => ({ id: "g", name: "dev", version: 1, state }) as GoldenImage;
  const seen = () => client.getQueryData<Pages<GoldenImage>>(keys.goldenImages)?.pages[0]?.items[0];
  client.setQueryData(keys.goldenImages, pages<GoldenImage>([]));
  applyEvent(client, event("golden-image.created", "g", golden("building")));
  applyEvent(client, event("operation.changed", "o", { id: "o", subjectKind: "golden-image", subjectId: "g", status: "running" }));
  expect(seen()).toEqual({ ...golden("building"), operation: "o" });
  applyEvent(client, event("golden-image.changed", "g", golden("ready")));
  expect(seen()).toEqual(golden("ready"));
  const stale = (kind: string, status: Operation["status"]) => {
    client.setQueryData(keys.goldenImages, pages([golden("ready")]));
    applyEvent(client, event("operation.changed", "l", { id: "l", kind, status, subjectKind: "machine", subjectId: "m", subjectName: "m" }));
    return client.getQueryState(keys.goldenImages)?.isInvalidated;
  };
  expect([stale("machine.launch-golden", "running"), stale("machine.start", "succeeded"), stale("machine.launch-golden", "succeeded")]).toEqual([false, false, true]);
  applyEvent(client, event("golden-image.deleted", "g"));
  expect(seen()).toBeUndefined();
});

test("a machine that is shared with you goes by its id, and touches none of yours that has its name", () => {
  const client = clientWith([machine("a")]);
  client.setQueryData(keys.machine("m-a"), machine("a"));
  const shared: Machine = { ...machine("b", "stopped"), name: "m-a", shared: { role: "viewer", by: "ann" } };
  client.setQueryData(keys.machine("b"), shared);
  applyEvent(client, event("machine.changed", "b", { ...shared, state: "running" }));
  expect(client.getQueryData<Machine>(keys.machine("m-a"))?.state).toBe("running");
  expect(client.getQueryData<Machine>(keys.machine("m-a"))?.id).toBe("a");
  expect(client.getQueryData<Machine>(keys.machine("b"))?.state).toBe("running");
});

test("what is shared with whom is read again when that changes", () => {
  const client = clientWith([machine("a")]);
  client.setQueryData(keys.machine("a"), machine("a"));
  client.setQueryData(keys.usersOf("a"), []);
  applyEvent(client, event("machine-user.deleted", "a"));
  for (const key of [keys.machines, keys.machine("a"), keys.usersOf("a")]) expect(client.getQueryState(key)?.isInvalidated).toBe(true);
});
