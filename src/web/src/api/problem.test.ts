import { expect, test } from "vitest";
import { ApiError, below, explain, fieldErrors, problemOf } from "./problem";

const validation = new ApiError({ type: "urn:warren:problem:validation", title: "Bad input", status: 400, errors: { "$.MemoryMiB": ["128 to 4096 MiB"], "forwards[0].hostPort": ["taken"] } });

test("field errors are found under the names that the form uses", () => {
  expect(fieldErrors(validation)).toEqual({ memoryMiB: ["128 to 4096 MiB"], "forwards[0].hostPort": ["taken"] });
  expect(fieldErrors(new Error("no"))).toEqual({});
});

test("the kind of a problem is the last part of its type", () => expect(validation.kind).toBe("validation"));

test("a proxy's page becomes a problem of its own", async () => {
  const problem = await problemOf(new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }));
  expect(problem).toMatchObject({ status: 502, title: "The server does not answer" });
});

test("a network failure says that nobody answers", () => expect(explain(new TypeError("Failed to fetch")).title).toBe("The server does not answer"));

test("the rules below a field are its own and its parts', not those of a namesake", () => {
  const errors = { labels: ["a"], "labels.zone": ["b"], "labelsToo": ["c"], "settings.list:0": ["d"], "forwards[0].hostPort": ["e"] };
  expect(below(errors, "labels")).toEqual(["a", "b"]);
  expect(below(errors, "settings.list")).toEqual(["d"]);
  expect(below(errors, "forwards")).toEqual(["e"]);
  expect(below(errors, "name")).toEqual([]);
});
