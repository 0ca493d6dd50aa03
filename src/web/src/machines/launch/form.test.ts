import { expect, test } from "vitest";
import type { CatalogueEntry, Image, Limits } from "../../api/types";
import { imageChoices, type ImageChoice } from "./choices";
import { emptyForm, nameErrors, rangesFor, toRequest, validate, type LaunchForm } from "./form";
import { suggestName } from "./suggestName";

const limits: Limits = { memoryMiB: { minimum: 512, maximum: 4096 }, diskGiB: { minimum: 5, maximum: 100 }, cpus: { minimum: 1, maximum: 8 }, hostPorts: { minimum: 20_000, maximum: 20_999 } };
const tiny: ImageChoice = { value: "tiny", title: "Tiny", features: [], stored: true, cost: "In the store", minimumMemoryMiB: 128, minimumDiskGiB: 1 };
const none = new Set<string>();
const form = (change: Partial<LaunchForm>): LaunchForm => ({ ...emptyForm, image: "tiny", ...change });

test.each(["a", "web-1", "x".repeat(63), ""])("%s is a name", (name) => expect(nameErrors(name, none)).toEqual([]));

test.each(["1a", "-a", "a-", "A", "a b", "../x", "a\n", "a'", "x".repeat(64), "0".repeat(26), "a".repeat(26), "ä"])("%j is refused", (name) => expect(nameErrors(name, none)).not.toEqual([]));

test("a name in use is refused", () => expect(nameErrors("web", new Set(["web"]))).toEqual(["A machine of this name exists."]));

test("an image's own minimum of memory may lie below the general one", () => {
  expect(rangesFor(limits, tiny).memoryMiB).toEqual({ minimum: 128, maximum: 4096 });
  expect(rangesFor(limits, undefined).memoryMiB).toEqual(limits.memoryMiB);
  expect(rangesFor(limits, tiny).diskGiB.minimum).toBe(5);
});

test("a live ISO needs no disk", () => expect(validate(form({ diskGiB: 0 }), limits, { ...tiny, live: true }, none)).toEqual({}));

test("broken rules carry the server's field names", () => {
  const errors = validate(
    form({ memoryMiB: 1, cpus: 9, diskGiB: 0.5, ttlMinutes: "soon", forwards: [{ protocol: "tcp", guestPort: "70000", hostPort: "80" }], dataDisks: [{ kind: "file", sizeGiB: "", path: "disk.img" }] }),
    limits, tiny, none,
  );
  expect(Object.keys(errors).sort()).toEqual(["cpus", "dataDisks[0].path", "diskGiB", "forwards[0].guestPort", "forwards[0].hostPort", "memoryMiB", "ttlSeconds"]);
});

test("what is left empty is left to the server", () => {
  expect(toRequest(form({}))).toEqual({ image: "tiny", keys: [], firmware: "bios", video: "std", ephemeral: false, start: true, forwards: [], dataDisks: [] });
});

test("texts become numbers, minutes become seconds", () => {
  const request = toRequest(form({ name: "a", ttlMinutes: "90", forwards: [{ protocol: "udp", guestPort: "53", hostPort: "" }], dataDisks: [{ kind: "new", sizeGiB: "7", path: "" }] }));
  expect(request).toMatchObject({ name: "a", ttlSeconds: 5400, forwards: [{ protocol: "udp", guestPort: 53 }], dataDisks: [{ sizeGiB: 7 }] });
});

test("what ends it by itself goes along with what is done then", () => {
  expect(toRequest(form({ ttlMinutes: "60", ttlAction: "suspend", idleMinutes: "30", idleAction: "stop" }))).toMatchObject({ ttlSeconds: 3600, ttlAction: "suspend", idle: { afterSeconds: 1800, action: "stop" } });
  expect(toRequest(form({ ttlMinutes: "60" }))).not.toHaveProperty("ttlAction");
  expect(toRequest(form({ ttlAction: "stop" }))).not.toHaveProperty("ttlAction");
  expect(validate(form({ idleMinutes: "1" }), limits, tiny, none)).toHaveProperty(["idle.afterSeconds"]);
});

test("demands on the host go along as far as they are filled in", () => {
  expect(toRequest(form({ host: "", hostLabels: [{ name: "", value: "x" }], options: { cpuModel: " " } }))).not.toHaveProperty("host");
  const request = toRequest(form({ host: "rack", network: "lab", requires: ["snapshots"], hostLabels: [{ name: " zone ", value: "cellar" }], options: { cpuModel: "host", machineType: "" } }));
  expect(request).toMatchObject({ host: "rack", network: "lab", requires: ["snapshots"], hostLabels: { zone: "cellar" }, options: { cpuModel: "host" } });
  expect(request.options).not.toHaveProperty("machineType");
});

test("a list of destinations is one a line, and goes with the mode that it is a list of", () => {
  expect(toRequest(form({ egress: " 203.0.113.0/24:443\nnames, 198.51.100.7 \n" }))).toMatchObject({ egress: ["203.0.113.0/24:443", "names", "198.51.100.7"] });
  expect(toRequest(form({ egress: "names", networkMode: "isolated" }))).not.toHaveProperty("egress");
});

test("limits of network and disks are whole numbers within what the server lets one have", () => {
  expect(toRequest(form({ networkMbps: "8", diskMiBps: "20", diskIops: "500" }))).toMatchObject({ networkMbps: 8, diskMiBps: 20, diskIops: 500 });
  expect(Object.keys(validate(form({ networkMbps: "0.5", diskMiBps: "x", diskIops: "9" }), limits, tiny, none)).sort()).toEqual(["diskIops", "diskMiBps", "networkMbps"]);
  expect(validate(form({ networkMbps: "60" }), { ...limits, networkMbps: 50 }, tiny, none)).toEqual({ networkMbps: ["Must be 1 to 50 Mbit/s."] });
});

test("a network of the host and forwards exclude each other", () => {
  const both = form({ network: "lab", forwards: [{ protocol: "tcp", guestPort: "80", hostPort: "" }] });
  expect(validate(both, limits, tiny, none)).toHaveProperty("forwards");
  expect(validate({ ...both, network: "" }, limits, tiny, none)).toEqual({});
});

test("suggested names are valid and free", () => {
  const taken = new Set<string>();
  for (let round = 0; round < 60; round++) {
    const name = suggestName("24.04 Ubuntu", taken, () => 0.99);
    expect(nameErrors(name, taken)).toEqual([]);
    taken.add(name);
  }
});

test("an image that came from the catalogue is offered once, what is stored comes first", () => {
  const entry = (name: string, imageId?: string) => ({ name, title: name, kind: "recipe", features: [], minimumMemoryMiB: 128, defaultMemoryMiB: 192, minimumDiskGiB: 1, ...(imageId ? { imageId } : {}) }) as CatalogueEntry;
  const image = (id: string, name: string, state: Image["state"] = "ready") => ({ id, name, state, features: [] }) as unknown as Image;
  const choices = imageChoices([entry("debian-12"), entry("tiny", "i1")], [image("i1", "tiny"), image("i2", "mine"), image("i3", "half", "importing")]);
  expect(choices.map((one) => [one.value, one.stored])).toEqual([["tiny", true], ["mine", true], ["debian-12", false]]);
});
