import { expect, test } from "vitest";
import type { Host, Hypervisor, HypervisorSetting } from "../api/types";
import { emptyHost, exampleOf, formOf, inOrder, settingsOf, strays, toAddRequest, toEditRequest, validateHost, type HostForm } from "./settings";

const setting = (name: string, help: string, more: Partial<HypervisorSetting> = {}): HypervisorSetting => ({ name, help, required: false, secret: false, shape: "text", ...more });
const kind: Hypervisor = {
  name: "engine", title: "Engine", summary: "", addable: true, machineOptions: [], bootFormats: [], namedNetworks: false, networkModes: false, egressLists: false, networkLimits: false, diskLimits: false,
  settings: [
    setting("timeout", "How long an answer may take.", { default: "00:00:30" }),
    setting("folders", "Folders to share: folders:0=/srv/share.", { shape: "list" }),
    setting("delays", "How long a call takes, by name: delays:Start=00:00:00.5.", { shape: "map" }),
    setting("key", "PEM of the private key.", { secret: true, shape: "lines" }),
    setting("address", "Where it is.", { required: true }),
  ],
};
const form = (change: Partial<HostForm>): HostForm => ({ ...emptyHost, name: "rack", ...change });
const host = (change: Partial<Host>) => ({ name: "rack", hypervisor: "engine", settings: {}, secrets: { key: true }, labels: {}, reservedMemoryMiB: 1024, ...change }) as Host;
const named = (name: string) => kind.settings.find((one) => one.name === name)!;

test("an example is shown without the full stop of its sentence", () => {
  expect(exampleOf(named("folders"))).toEqual({ key: "0", value: "/srv/share" });
  expect(exampleOf(named("delays"))).toEqual({ key: "Start", value: "00:00:00.5" });
  expect(exampleOf(named("timeout"))).toEqual({});
});

test("what must be stated is asked for first", () => expect(inOrder(kind.settings).map((one) => one.name)[0]).toBe("address"));

test("lists are numbered anew without their empty rows, keys keep their lines, what is empty is not stated", () => {
  const stated = settingsOf(form({
    texts: { address: " there ", timeout: " ", key: "-----BEGIN\nabc\n-----END\n" },
    rows: { folders: [{ name: "", value: "/a" }, { name: "", value: " " }, { name: "", value: "/b" }], delays: [{ name: "Probe", value: "1" }, { name: "", value: "2" }] },
  }), kind);
  expect(stated).toEqual({ address: "there", key: "-----BEGIN\nabc\n-----END\n", "folders:0": "/a", "folders:1": "/b", "delays:Probe": "1" });
});

test("numbers that were left out are the server's to choose", () => {
  expect(toAddRequest(form({ texts: { address: "a" }, labels: [{ name: "zone", value: "cellar" }, { name: "", value: "x" }] }), kind)).toEqual({ name: "rack", hypervisor: "engine", settings: { address: "a" }, labels: { zone: "cellar" } });
  expect(toAddRequest(form({ machineLimit: "3", reservedMemoryMiB: "0" }), kind)).toMatchObject({ machineLimit: 3, reservedMemoryMiB: 0 });
});

test("an untouched form changes nothing, and a secret that was left empty stays", () => {
  const known = host({ settings: { address: "a", "folders:0": "/x", "folders:1": "/y" }, labels: { zone: "cellar" }, machineLimit: 5 });
  expect(toEditRequest(formOf(known, kind), known, kind)).toEqual({});
});

test("only what has changed is sent; what was taken out is taken away", () => {
  const known = host({ settings: { address: "a", timeout: "9", "folders:0": "/x", "folders:1": "/y" }, labels: { zone: "cellar", disk: "ssd" }, machineLimit: 5 });
  const changed = { ...formOf(known, kind), texts: { address: "b", key: "new" }, rows: { folders: [{ name: "", value: "/y" }] }, labels: [{ name: "zone", value: "attic" }], machineLimit: "" };
  expect(toEditRequest(changed, known, kind)).toEqual({ settings: { address: "b", timeout: null, "folders:0": "/y", "folders:1": null, key: "new" }, labels: { disk: null, zone: "attic" }, machineLimit: 0 });
  expect(toEditRequest({ ...formOf(known, kind), dropped: ["key"] }, known, kind)).toEqual({ settings: { key: null } });
});

test("rules are told by the server's field names, and a secret that is set already counts", () => {
  expect(validateHost(form({ name: "", machineLimit: "many" }), kind, new Set())).toMatchObject({ name: [expect.any(String)], machineLimit: [expect.any(String)], "settings.address": [expect.any(String)] });
  expect(validateHost(form({ texts: { address: "a" } }), kind, new Set(["rack"]))).toHaveProperty("name");
  const strict = { ...kind, settings: [setting("key", "", { required: true, secret: true })] };
  expect(validateHost(form({}), strict, new Set(), { key: true })).toEqual({});
  expect(validateHost(form({ dropped: ["key"] }), strict, new Set(), { key: true })).toHaveProperty("settings.key");
});

test("a refusal that no field shows is said above the form", () => {
  expect(strays({ settings: ["both or neither"], "settings.address": ["wrong"], "settings.folders:0": ["relative"], "labels.zone": ["too long"] }, kind)).toEqual(["both or neither"]);
});
