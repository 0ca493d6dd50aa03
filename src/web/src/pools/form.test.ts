import { expect, test } from "vitest";
import { emptyPool, toPool, unreadable } from "./form";

test("a pool from a golden image asks for nothing that the golden image decides", () => {
  const form = { ...emptyPool, name: " build ", from: "golden" as const, goldenImage: "dev", image: "blank", host: "lab", memoryMiB: 512 };
  expect(toPool(form)).toEqual({ name: "build", kind: "warm", target: 2, machine: { goldenImage: "dev" } });
});

test("a pool from an image says what was typed, in seconds, and leaves the rest to the server", () => {
  const form = { ...emptyPool, name: "build", image: "blank", memoryMiB: 512, keys: ["laptop"], kind: "stopped" as const, target: 3, min: 1, max: 9, ageMinutes: "90", leaseMinutes: "0,5" };
  expect(toPool(form)).toEqual({ name: "build", kind: "stopped", target: 3, min: 1, max: 9, maxAgeSeconds: 5400, leaseSeconds: 30, machine: { image: "blank", memoryMiB: 512, keys: ["laptop"] } });
});

test("a pool of a template says only what was typed; the rest is the template's", () => {
  const form = { ...emptyPool, name: "agents", from: "template" as const, template: "build-agent@2", image: "blank", goldenImage: "dev" };
  expect(toPool(form, { target: 5, max: 9 })).toEqual({ name: "agents", kind: "warm", machine: { template: "build-agent@2" } });
  expect(toPool({ ...form, target: 0, memoryMiB: 512 }, { target: 5 })).toEqual({ name: "agents", kind: "warm", target: 0, machine: { template: "build-agent@2", memoryMiB: 512 } });
});

test("a template that says nothing of pools leaves the usual number of spares", () => {
  expect(toPool({ ...emptyPool, name: "p", from: "template", template: "web" })).toEqual({ name: "p", kind: "warm", target: 2, machine: { template: "web" } });
});

test("minutes that are no number are told before anything is sent", () => {
  expect(Object.keys(unreadable({ ...emptyPool, ageMinutes: "long", leaseMinutes: "1h" }))).toEqual(["maxAgeSeconds", "leaseSeconds"]);
  expect(unreadable(emptyPool)).toEqual({});
});
