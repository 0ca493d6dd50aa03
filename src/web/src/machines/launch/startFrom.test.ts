import { expect, test } from "vitest";
import type { Limits, Template, TemplateContent } from "../../api/types";
import { toRequest, validate } from "./form";
import { startFrom } from "./startFrom";

const limits: Limits = { memoryMiB: { minimum: 512, maximum: 4096 }, diskGiB: { minimum: 5, maximum: 100 }, cpus: { minimum: 1, maximum: 8 }, hostPorts: { minimum: 20_000, maximum: 20_999 } };
const empty: TemplateContent = { egress: [], dataDisks: [], forwards: [], keys: [], hostLabels: {}, requires: [], provision: [], recording: "off" };
const template = (content: Partial<TemplateContent>, more: Partial<Template> = {}) => ({ name: "web", version: 2, builtin: false, image: "tiny", content: { ...empty, ...content }, ...more }) as Template;
const start = (one: Template, taken: string[] = [], exact = false) => startFrom(one, { user: "Anna B", taken: new Set(taken), exact });

const web = template({ machineName: "web-{user}", memoryMiB: 1024, keys: ["laptop"], firmware: "uefi", forwards: [{ guestPort: 80, protocol: "tcp" }], hostLabels: { zone: "attic" }, provision: [{ name: "pages" }], ttlSeconds: 7200 });

test("a template fills the form in, and what stays as it says is not said again", () => {
  const form = start(web);
  expect(form).toMatchObject({ image: "tiny", memoryMiB: 1024, keys: ["laptop"], firmware: "uefi", forwards: [{ guestPort: "80", hostPort: "" }], hostLabels: [{ name: "zone", value: "attic" }], ttlMinutes: "120" });
  expect(form.template?.further).toContainEqual(["Steps", "pages"]);
  expect(toRequest(form)).toEqual({ template: "web", name: "web-anna-b" });
  expect(toRequest(start(web, [], true)).template).toBe("web@2");
});

test("what is changed is said, and only that", () => {
  const form = { ...start(web), memoryMiB: 2048, firmware: "bios" as const, keys: ["laptop", "desk"], name: "" };
  expect(toRequest(form)).toEqual({ template: "web", memoryMiB: 2048, firmware: "bios", keys: ["laptop", "desk"] });
});

test("a list that is emptied would be the template's again, and that is told; a network takes the forwards' place", () => {
  const form = { ...start(web), keys: [], forwards: [] };
  expect(Object.keys(validate(form, limits, undefined, new Set()))).toEqual(["keys", "forwards"]);
  expect(validate({ ...form, keys: ["desk"], network: "lan" }, limits, undefined, new Set())).toEqual({});
});

test("a name that is taken is not wished for a second time", () => {
  expect(start(web, ["web-anna-b"]).name).toMatch(/^web-anna-b-[a-z]+$/);
  expect(start(template({})).name).toMatch(/^web-[a-z]+$/);
  expect(start(template({ machineName: "{user}_x" })).name).toMatch(/^web-[a-z]+$/);
});

test("a golden image's template needs no image; parts of a minute stay the template's", () => {
  const form = start(template({ ttlSeconds: 90 }, { image: undefined, goldenImage: "dev" }));
  expect(validate(form, limits, undefined, new Set())).toEqual({});
  expect([form.ttlMinutes, form.template?.says.ttlSeconds]).toEqual(["", 90]);
  expect(toRequest({ ...form, name: "a", firstBoot: "id" })).toEqual({ template: "web", name: "a", firstBoot: "id" });
});
