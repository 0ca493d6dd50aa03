// A machine's snapshots in a real Chromium against the real server. The host is an imitation that takes its time, so that progress is seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { everyWay, picture } from "./browser.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, page, faults;

before(async () => {
  await stage.start(["--Hypervisor=fake"]);
  ({ server, page, faults } = stage);
  // Long enough that a busy page, too, comes to show it.
  const slow = { "delays:CreateSnapshot": "00:00:04", "delays:RestoreSnapshot": "00:00:04", "delays:DeleteSnapshot": "00:00:00.7" };
  await server.call("POST", "/hosts", { name: "lab", hypervisor: "fake", settings: slow });
  // It takes machines once it has been probed, which happens by itself in a moment.
  await server.call("POST", "/hosts/lab/probe");
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  await ended(server.call, (await server.call("POST", "/machines", { name: "web", image: "blank", host: "lab", memoryMiB: 512 })).id);
  await stage.open("/machines/web");
  await page.getByRole("tab", { name: "Snapshots" }).click();
});

after(() => stage.stop());

const { dialog, field, state } = stage;
const tree = () => page.getByRole("list", { name: "Snapshots of web" });
const line = (name) => tree().getByRole("listitem").filter({ has: page.getByText(name, { exact: true }) });
const button = (name) => page.getByRole("button", { name, exact: true });
const menu = async (snapshot, item) => {
  await button(`More for ${snapshot}`).click();
  await page.getByRole("menuitem", { name: item }).click();
};

/** Waits until the tree reads so from top to bottom: each name, and the machine as "here", with what it came after. */
const reads = (...rows) =>
  page.waitForFunction((expected) => {
    const said = [...document.querySelectorAll("ol[aria-label='Snapshots of web'] > li")].map((row) => {
      const after = /came after (\S+)$|changed since (\S+) is/.exec(row.innerText.replaceAll("\n", " ").trim().concat(" ", row.querySelector(".sr-only")?.textContent ?? "").trim());
      const name = row.hasAttribute("aria-current") ? "here" : row.querySelector(".font-semibold").textContent;
      return after ? `${name} after ${after[1] ?? after[2]}` : name;
    });
    return JSON.stringify(said) === JSON.stringify(expected);
  }, rows);

test("the first snapshot is taken: its progress is shown, it stands in the tree, and the machine below it", async () => {
  await page.getByRole("heading", { name: "No snapshots yet" }).waitFor();
  await picture(page, "snapshots-none", { fullPage: true });
  await button("Take snapshot").click();
  await field("Name").fill("../clean");
  await dialog().getByRole("button", { name: "Take snapshot" }).click();
  await dialog().getByRole("alert").filter({ hasText: "beginning with a letter or digit" }).waitFor();
  assert.equal(await field("Name").getAttribute("aria-invalid"), "true");
  assert.equal(await field("Description").getAttribute("aria-invalid"), "false");
  await picture(page, "snapshots-take");
  await field("Name").fill("clean");
  await field("Description").fill("As installed.\nAll tests pass.");
  await dialog().getByRole("button", { name: "Take snapshot" }).click();
  await line("clean").getByRole("progressbar").waitFor();
  await picture(page, "snapshots-progress", { fullPage: true });
  await line("clean").getByRole("progressbar").waitFor({ state: "detached" });
  await line("clean").getByText("All tests pass.").waitFor();
  await reads("clean", "here after clean");
});

test("a child with memory stands below its parent, and a name can be there only once", async () => {
  await button("Take snapshot").click();
  await field("Name").fill("clean");
  await dialog().getByRole("checkbox", { name: /Keep its memory/ }).check();
  await dialog().getByRole("button", { name: "Take snapshot" }).click();
  await dialog().getByRole("alert").filter({ hasText: "'clean' is in use" }).waitFor();
  await field("Name").fill("work");
  await dialog().getByRole("button", { name: "Take snapshot" }).click();
  await reads("clean", "work after clean", "here after work");
  await line("work").getByText("Memory", { exact: true }).waitFor();
  await line("clean").getByText("Disks", { exact: true }).waitFor();
  await line("work").getByRole("progressbar").waitFor({ state: "detached" });
});

test("a restore says what is lost, and afterwards the machine stands elsewhere on every open page", async () => {
  const watcher = await stage.context.newPage();
  await watcher.goto(page.url());
  await watcher.getByRole("tab", { name: "Snapshots" }).click();
  await watcher.getByText("since work is in no snapshot").waitFor();
  // A page that is covered is drawn seldom, and a click waits for that.
  await page.bringToFront();
  await button("Restore clean").click();
  await dialog().getByText("on its disks and in its memory since work was taken is in no snapshot and will be lost").waitFor();
  await dialog().getByText("It is switched off at once").waitFor();
  await picture(page, "snapshots-restore");
  await dialog().getByRole("button", { name: "Restore clean" }).click();
  await tree().locator("[aria-current]").getByRole("progressbar").waitFor();
  await reads("clean", "work after clean", "here after clean");
  await watcher.getByText("since clean is in no snapshot").waitFor();
  await state("stopped").waitFor();
  assert.deepEqual((await server.call("GET", "/machines/web/snapshots")).items.map(({ name, current }) => [name, current]), [["clean", true], ["work", false]]);
  await watcher.close();
});

test("a machine that is off has no memory to keep; a second child makes a fork", async () => {
  await button("Take snapshot").click();
  await dialog().getByRole("checkbox", { name: /Keep its memory/ }).and(page.locator(":disabled")).waitFor({ state: "attached" });
  await field("Name").fill("other");
  await dialog().getByRole("button", { name: "Take snapshot" }).click();
  await reads("clean", "work after clean", "other after clean", "here after other");
  await line("other").getByRole("progressbar").waitFor({ state: "detached" });
});

test("with the keyboard alone a snapshot is renamed and described", async () => {
  await button("More for work").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Rename or describe…" }).waitFor();
  await page.keyboard.press("Enter");
  await field("Name").waitFor();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("half-done");
  await page.keyboard.press("Tab");
  await page.keyboard.type("The compiler runs.");
  await field("Name").press("Enter");
  await line("half-done").getByText("The compiler runs.").waitFor();
  await reads("clean", "half-done after clean", "other after clean", "here after other");
});

test("the tree fits a desktop and a phone, light and dark", async () => {
  await everyWay(page, async (way) => {
    await tree().scrollIntoViewIfNeeded();
    await picture(page, `snapshots-${way}`);
    await picture(tree(), `snapshots-tree-${way}`);
  });
});

test("a restored memory runs on, and what came after a deleted snapshot stays", async () => {
  await button("Restore half-done").click();
  await dialog().getByText("Then it runs on from the moment").waitFor();
  await dialog().getByRole("button", { name: "Restore half-done" }).click();
  await state("running").waitFor();
  await reads("clean", "other after clean", "half-done after clean", "here after half-done");
  await menu("clean", "Delete…");
  await dialog().getByText("Nothing else is lost").waitFor();
  await picture(page, "snapshots-delete");
  await dialog().getByRole("button", { name: "Delete snapshot" }).click();
  await reads("half-done", "here after half-done", "other");
  await state("running").waitFor();
  assert.deepEqual(faults, []);
});
