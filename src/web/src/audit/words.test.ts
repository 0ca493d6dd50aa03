import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../api/types";
import { everything, isNarrow, queryOf } from "./filter";
import { doneOf, fieldsOf, subjectOf, whoOf } from "./words";

const entry: AuditEntry = { seq: 7, at: "2026-01-01T12:00:00Z", actor: "person", user: "ann", action: "machine.launch", result: "ok", status: 202, detail: { memoryMiB: "512" }, previousHash: "a", hash: "b" };

describe("audit words", () => {
  it("says who it was", () => {
    expect(whoOf(entry)).toBe("ann");
    expect(whoOf({ actor: "system" })).toBe("the server");
    expect(whoOf({ actor: "nobody" })).toBe("somebody unknown");
    expect(whoOf({ actor: "nobody", tried: "root" })).toBe("somebody as root");
    expect(whoOf({ actor: "share", user: "mum" })).toBe("mum, by a link");
  });

  it("says to what", () => {
    expect(subjectOf({ subjectKind: "golden-image", subject: "desk@2", subjectId: "01x" })).toBe("golden image desk@2");
    expect(subjectOf({ subjectKind: "upload" })).toBe("upload");
    expect(subjectOf({ subjectKind: "session", subjectId: "01x" })).toBeUndefined();
    expect(subjectOf({})).toBeUndefined();
  });

  it("says what was done", () => {
    expect(doneOf("machine.open-screen")).toBe("Open screen");
    expect(doneOf("machine.launch.ended")).toBe("Launch ended");
  });

  it("shows every field that there is, the hashes last", () => {
    const names = fieldsOf(entry).map(([name]) => name);
    expect(names[0]).toBe("Seq");
    expect(names).toContain("memoryMiB");
    expect(names).not.toContain("Problem");
    expect(names.slice(-2)).toEqual(["Hash before", "Hash"]);
  });
});

describe("audit filter", () => {
  it("leaves out what is empty", () => {
    expect(queryOf(everything, 0)).toEqual({});
    expect(isNarrow(everything)).toBe(false);
    const narrow = { ...everything, who: " ann ", what: "machine.", result: "refused", time: "hour" } as const;
    expect(isNarrow(narrow)).toBe(true);
    expect(queryOf(narrow, Date.parse("2026-01-01T12:00:00Z"))).toEqual({ user: "ann", action: "machine.", result: "refused", from: "2026-01-01T11:00:00.000Z" });
  });
});
