import { expect, test } from "vitest";
import type { GoldenImage } from "../api/types";
import { lineage, ready, reference } from "./words";

const golden = (id: string, parentId?: string) => ({ id, name: id, version: 1, state: id === "c" ? "failed" : "ready", ...(parentId ? { parentId } : {}) }) as GoldenImage;

test("a golden image's lineage ends where a parent is gone, and never goes round", () => {
  const all = [golden("d", "c"), golden("c", "b"), golden("b", "gone"), golden("x", "y"), golden("y", "x")];
  const of = (id: string) => lineage(all.find((one) => one.id === id)!, all).map(reference);
  expect([of("d"), of("b"), of("x")]).toEqual([["c@1", "b@1"], [], ["y@1", "x@1"]]);
  expect(ready(all).map(({ id }) => id)).toEqual(["d", "b", "x", "y"]);
});
