import { expect, test } from "vitest";
import type { Machine } from "../api/types";
import { expiryName, idleWords, warningWords } from "./ending";

const now = Date.parse("2026-06-01T12:00:00Z");
const machine = (change: Partial<Machine>) => change as Machine;

test("a machine that nobody uses is warned of with what happens, when, and why", () => {
  const words = warningWords(machine({ warning: { cause: "idle", action: "stop", at: "2026-06-01T12:04:30Z" }, idle: { afterSeconds: 1800, action: "stop" } }), now);
  expect(words).toEqual({
    title: "It will be stopped in 4 min",
    detail: "Nobody has used it for nearly 30 min: no console is open, nobody is connected, and its guest is at rest.",
  });
});

test("an expiry says that disks go too, and a lease what to do", () => {
  const warning = { cause: "expiry", action: "delete", at: "2026-06-01T12:00:40Z" } as const;
  expect(warningWords(machine({ warning }), now)).toEqual({ title: "It will be deleted with its disks in 40 s", detail: "Its time to live is over then." });
  expect(warningWords(machine({ warning, lease: "l1" }), now)?.detail).toBe("Its lease ends then. Renew it to keep the machine.");
});

test("nothing near is no warning", () => expect(warningWords(machine({ idle: { afterSeconds: 1800, action: "stop" } }), now)).toBeUndefined());

test("policies are told in a few words", () => {
  expect([expiryName(undefined), expiryName("stop")]).toEqual(["Deleted by itself", "Stopped by itself"]);
  expect(idleWords({ afterSeconds: 5400, action: "delete" })).toBe("deleted with its disks after 1 h 30 min");
});
