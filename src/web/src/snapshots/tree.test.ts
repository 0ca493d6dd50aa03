import { expect, test } from "vitest";
import type { Machine, Snapshot } from "../api/types";
import { losses } from "./losses";
import { layTree } from "./tree";

/** `child<parent`, with `*` behind it where the machine stands. */
const given = (...words: string[]) =>
  words.map((word) => {
    const [, id, parentId, current] = /^(\w+)(?:<(\w+))?(\*)?$/.exec(word) ?? [];
    return { id, name: id, ...(parentId ? { parentId } : {}), current: !!current, memory: false, state: "ready" } as Snapshot;
  });

/** The tree as it would be drawn with letters. */
const drawn = (snapshots: Snapshot[]) =>
  layTree(snapshots).map(({ snapshot, parent, lane, above, below }) => `${"| ".repeat(lane)}${{ none: "o", straight: "+", branch: ">" }[above]} ${snapshot?.name ?? "HERE"}${parent ? ` after ${parent.name}` : ""}${below ? "" : " ."}`);

test("without snapshots there is but the machine", () => expect(drawn([])).toEqual(["o HERE ."]));

test("a chain stays in one lane, and the machine stands below its end", () =>
  expect(drawn(given("a", "b<a", "c<b*"))).toEqual(["o a", "+ b after a", "+ c after b", "+ HERE after c ."]));

test("after a restore the machine is a child of what it was restored to", () =>
  expect(drawn(given("a*", "b<a"))).toEqual(["o a", "| > b after a .", "+ HERE after a ."]));

test("what is being taken is drawn where it will be", () => {
  const [clean, work] = given("clean*", "work<clean") as [Snapshot, Snapshot];
  expect(drawn([clean, { ...work, state: "creating" }])).toEqual(["o clean", "+ work after clean", "+ HERE after work ."]);
});

test("the heaviest child goes straight on, below its siblings", () =>
  expect(drawn(given("a", "b<a", "c<b", "d<c", "e<a", "f<e*"))).toEqual(["o a", "| > b after a", "| + c after b", "| + d after c .", "+ e after a", "+ f after e", "+ HERE after f ."]));

test("lanes do not grow with the number of snapshots but with its logarithm", () => {
  // Every snapshot has two children, which is the worst there is.
  const full = Array.from({ length: 63 }, (_, at) => (at === 0 ? "n1" : `n${at + 1}<n${Math.floor((at + 1) / 2)}`));
  const rows = layTree(given(...full));
  expect(rows.length).toBe(64);
  expect(Math.max(...rows.map(({ lane }) => lane))).toBeLessThanOrEqual(6);
});

test("a snapshot whose parent is gone is a root", () =>
  expect(drawn(given("b<gone", "c<b", "d<lost*"))).toEqual(["o b", "+ c after b .", "o d", "+ HERE after d ."]));

test("a ring and one that is its own parent are cut, and nothing is shown twice or left out", () => {
  const rows = drawn(given("a", "x<z", "y<x*", "z<y", "self<self"));
  expect(rows).toEqual(["o a .", "o x", "+ y after x", "| > z after y .", "+ HERE after y .", "o self ."]);
});

test("every parent stands above its children, whatever the order of the list", () => {
  const rows = layTree(given("d<c", "c<b*", "b<a", "a", "e<b"));
  const at = (name: string) => rows.findIndex(({ snapshot }) => snapshot?.name === name);
  for (const { snapshot, parent } of rows) if (snapshot && parent) expect(at(parent.name)).toBeLessThan(at(snapshot.name));
  expect(rows.length).toBe(6);
});

test("a restore says what is lost: all since the snapshot that the machine stands on, and its memory when it runs", () => {
  const [first, second] = given("first", "second<first*") as [Snapshot, Snapshot];
  const web = (state: Machine["state"]) => ({ name: "web", state }) as Machine;
  expect(losses(web("running"), first, [first, second])).toEqual({
    lost: "What web has changed on its disks and in its memory since second was taken is in no snapshot and will be lost.",
    then: "It is switched off at once and stays off until you start it.",
  });
  expect(losses(web("stopped"), { ...first, memory: true }, [first, second])).toEqual({
    lost: "What web has changed on its disks since second was taken is in no snapshot and will be lost.",
    then: "Then it runs on from the moment in which first was taken.",
  });
  expect(losses(web("stopped"), first, [first]).lost).toBe("What web holds now on its disks is in no snapshot and will be lost.");
});
