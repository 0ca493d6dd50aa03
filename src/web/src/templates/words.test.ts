import { expect, test } from "vitest";
import type { Template, TemplateContent } from "../api/types";
import { further, inShort, launched, offsetOf, ofPool, parseReference, renamed } from "./words";

const empty: TemplateContent = { egress: [], dataDisks: [], forwards: [], keys: [], hostLabels: {}, requires: [], provision: [], recording: "off" };

test.each([["web", { name: "web" }], ["web@2", { name: "web", version: 2 }], ["web@x", { name: "web@x" }], ["web@0", { name: "web@0" }]])("%s names %j", (text, named) => expect(parseReference(text)).toEqual(named));

test("what a template makes is said in a few words, and what it does not say is not", () => {
  const content: TemplateContent = { ...empty, memoryMiB: 2048, cpus: 1, diskGiB: 10, provision: [{ name: "a" }, { name: "b" }], pool: { target: 0 } };
  expect(inShort({ name: "web", version: 1, builtin: false, image: "debian-12", content } as Template)).toEqual(["debian-12", "2 GiB", "1 CPU", "10 GiB disk", "2 steps", "pool"]);
  expect(inShort({ name: "g", version: 1, builtin: false, goldenImage: "dev" } as Template)).toEqual(["golden image dev"]);
});

test("what it says besides is told by name; nothing is told of what it leaves out", () => {
  expect(further(empty)).toEqual([]);
  const forwards = [{ guestPort: 80, protocol: "tcp" }, { guestPort: 53, hostPort: 5353, protocol: "udp" }];
  expect(further({ ...empty, firmware: "uefi", forwards, hostLabels: { zone: "attic" }, ttlSeconds: 5400 } as TemplateContent)).toEqual([
    ["Firmware", "UEFI"],
    ["Ports", "80, 5353:53/udp"],
    ["Labels of the host", "zone=attic"],
    ["Deleted by itself after", "1 h 30 min"],
  ]);
  expect(ofPool({ target: 0, max: 4, kind: "fork" })).toEqual([["Kept ready", "0"], ["Machines at most", "4"], ["Made by", "fork"]]);
});

test("the launch that a text stands for is told without what the server leaves empty", () => {
  expect(launched({ name: "web-anna", image: "tiny", goldenImage: null, memoryMiB: 512, forwards: [] })).toEqual([["Name", "web-anna"], ["Image", "tiny"], ["Memory", "512 MiB"]]);
});

test("a copy has another name, and no other name in the text is touched", () => {
  const yaml = "# name: x\nname:  'web' # ours\nimage: tiny\nprovision:\n  - name: step\n    shell: echo\n";
  expect(renamed(yaml, "my-web")).toBe("# name: x\nname: my-web\nimage: tiny\nprovision:\n  - name: step\n    shell: echo\n");
});

test.each([
  [1, 1, 0], [2, 1, 3], [2, 2, 4], [2, 9, 6], [3, 1, 7], [9, 1, 7], [0, 0, 0],
])("line %i, column %i is at %i", (line, column, at) => expect(offsetOf("ab\ncde\n", line, column)).toBe(at));
