import { describe, expect, test } from "vitest";
import type { QuotaStanding } from "../api/types";
import { formOf, mistakes, toQuotas } from "./fields";

const used = { machines: 1, runningMachines: 1, cpus: 2, memoryMiB: 1024, diskGiB: 10, snapshots: 0, imageBytes: 0 };
const standing: QuotaStanding = { name: "ann", used, set: { machines: 3, memoryMiB: 1536, imageBytes: -1, oneRunningMachine: false }, limits: { machines: 3, memoryMiB: 1536, cpus: 4, oneRunningMachine: false } };

describe("limits", () => {
  test("what is set is shown in the unit that people use, and comes back as it was", () => {
    const form = formOf(standing);
    expect(form.settings.memoryMiB).toMatchObject({ kind: "most", text: "1.5" });
    expect(form.settings.imageBytes.kind).toBe("none");
    // What holds by default is where typing begins.
    expect(form.settings.cpus).toEqual({ kind: "default", text: "4" });
    expect(toQuotas(form)).toEqual(standing.set);
  });

  test("a number that is rounded where it is shown stays as it is, unless it is edited", () => {
    const form = formOf({ ...standing, set: { imageBytes: 1_000_000 } });
    expect(form.settings.imageBytes.text).toBe("0");
    expect(toQuotas(form)).toEqual({ imageBytes: 1_000_000 });
    form.settings.imageBytes = { ...form.settings.imageBytes, text: "1" };
    expect(toQuotas(form)).toEqual({ imageBytes: 2 ** 30 });
  });

  test("nothing set is nothing sent", () => expect(toQuotas(formOf({ ...standing, set: {} }))).toEqual({}));

  test("a number is demanded where one is meant, and nought is one", () => {
    const form = formOf(standing);
    form.settings.machines = { kind: "most", text: " " };
    form.settings.cpus = { kind: "most", text: "0" };
    form.settings.diskGiB = { kind: "most", text: "-1" };
    expect(Object.keys(mistakes(form))).toEqual(["machines", "diskGiB"]);
  });
});
