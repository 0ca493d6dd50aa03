import { expect, test } from "vitest";
import { problemFrom } from "../api/problem";
import type { Upload } from "../api/types";
import { unfinishedOf } from "./upload";

const upload = (change: Partial<Upload>): Upload => ({ id: "u", name: "rescue", fileName: "rescue.iso", length: 100, offset: 40, createdAt: "", expiresAt: "", insecure: true, ...change });
const terms = { name: "rescue", checksum: "", format: "", insecure: true };

test("a file goes on with the unfinished upload of its name and length", () => {
  const file = { name: "rescue.iso", size: 100 };
  expect(unfinishedOf(file, terms, [upload({ id: "other", name: "other" }), upload({})])).toMatchObject({ upload: { id: "u" }, isSame: true });
  for (const change of [{ checksum: "sha256:00", insecure: false }, { format: "raw" }, { insecure: false }]) expect(unfinishedOf(file, terms, [upload(change)])?.isSame).toBe(false);
  for (const change of [{ operationId: "o" }, { name: "x" }, { fileName: "x.iso" }, { length: 101 }]) expect(unfinishedOf(file, terms, [upload(change)])).toBeUndefined();
});

test("a refusal is the server's problem, or says what is known", () => {
  const problem = { type: "urn:warren:problem:name-taken", title: "The name is taken", status: 409 };
  expect(problemFrom(409, JSON.stringify(problem))).toEqual(problem);
  expect(problemFrom(413, "<html>too large</html>")).toMatchObject({ status: 413, title: "The server refused" });
  expect(problemFrom(502, "")).toMatchObject({ title: "The server does not answer" });
});
