// Pools, forks and golden images in a real Chromium against the real server. The host is an imitation that takes its time, so that progress is seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { picture, pictures as allPictures } from "./browser.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, page, faults;

before(async () => {
  await stage.start(["--Hypervisor=fake"]);
  ({ server, page, faults } = stage);
  // Long enough that a busy page, too, comes to show it.
  const slow = { "delays:Start": "00:00:00.6", "delays:Freeze": "00:00:04", "delays:Fork": "00:00:00.3" };
  await server.call("POST", "/keys", { name: "laptop" });
  await server.call("POST", "/hosts", { name: "lab", hypervisor: "fake", settings: slow });
  // It takes machines once it has been probed, which happens by itself in a moment.
  await server.call("POST", "/hosts/lab/probe");
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  await ended(server.call, (await server.call("POST", "/machines", { name: "base", image: "blank", host: "lab", memoryMiB: 512 })).id);
});

after(() => stage.stop());

const { choose, dialog, field, open } = stage;
const button = (name) => page.getByRole("button", { name, exact: true });
const confirm = (name) => dialog().getByRole("button", { name, exact: true }).click();
const menu = async (of, item) => {
  await button(of).click();
  await page.getByRole("menuitem", { name: item }).click();
};
/** Waits until the strip of machines says so. */
const places = (text) => page.getByRole("img", { name: text }).first().waitFor();
/** Waits until a figure reads so. */
const figure = (name, text) => page.locator("main p").filter({ has: page.getByText(name, { exact: true }) }).filter({ hasText: new RegExp(`${name}\\s*${text}$`) }).first().waitFor();
/** Every word of the strip from now on, however short it was to be seen. */
const remember = () =>
  page.evaluate(() => {
    window.said = [];
    new MutationObserver(() => {
      const text = document.querySelector("[role=img][aria-label$='at most']")?.getAttribute("aria-label");
      if (text && text !== window.said.at(-1)) window.said.push(text);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
const remembered = () => page.evaluate(() => window.said);
const pictures = (name, options) => allPictures(page, name, options);
const leases = (name = "Leases") => page.getByRole("list", { name, exact: true }).getByRole("listitem");

test("a running machine is forked three times: the progress is shown, then each fork with a way to it", async () => {
  await open("/machines/base");
  await menu("More actions", "Fork…");
  await field("How many").fill("65");
  await confirm("Make 65 forks");
  await dialog().getByRole("alert").filter({ hasText: "1 to 64" }).waitFor();
  await field("How many").fill("3");
  await dialog().getByText("Without any, base's own keys stay.").waitFor();
  await choose("checkbox", "laptop");
  await pictures("fork-form");
  const [request] = await Promise.all([page.waitForRequest(/\/fork$/), confirm("Make 3 forks")]);
  assert.deepEqual(request.postDataJSON(), { count: 3, keys: ["laptop"] });
  await dialog().getByRole("progressbar").waitFor();
  await dialog().getByRole("link", { name: "base-3" }).waitFor();
  await picture(page, "fork-progress");
  await dialog().getByRole("heading", { name: "3 forks of base" }).waitFor();
  await dialog().getByText("running", { exact: true }).nth(2).waitFor();
  await picture(page, "fork-done");
  await dialog().getByRole("link", { name: "base-2" }).click();
  await page.getByRole("heading", { name: "base-2", exact: true }).waitFor();
  const { items } = await server.call("GET", "/machines");
  assert.deepEqual(items.filter(({ forkOf }) => forkOf).map(({ name, state }) => `${name} ${state}`).sort(), ["base-1 running", "base-2 running", "base-3 running"]);
});

test("a golden image is made from a machine, by hand, and launched; in use it is not deleted, and says by what", async () => {
  await open("/machines/base");
  await menu("More actions", "Make a golden image…");
  await field("Name").fill("Dev tools");
  await confirm("Make golden image");
  await dialog().getByRole("alert").waitFor();
  await field("Name").fill("dev");
  await field("Description").fill("with the toolchain");
  await dialog().getByRole("checkbox", { name: /Wait for me/ }).check();
  await picture(page, "golden-make");
  await confirm("Make golden image");
  const row = page.getByRole("list", { name: "Golden images" }).getByRole("listitem").filter({ hasText: "dev@1" });
  await row.getByText("Being prepared").waitFor();
  await picture(page, "golden-preparing");
  await button("Mark dev@1 ready").click();
  await row.getByRole("progressbar").waitFor();
  await button("Launch from dev@1").click();
  await field("Name").fill("child");
  await choose("checkbox", "laptop");
  await field("Script for the first boot").fill("echo ready > /root/first");
  await pictures("golden-launch");
  const [request] = await Promise.all([page.waitForRequest((sent) => sent.method() === "POST" && sent.url().endsWith("/machines")), confirm("Launch")]);
  assert.deepEqual(request.postDataJSON(), { goldenImage: "dev@1", name: "child", keys: ["laptop"], firstBoot: "echo ready > /root/first" });
  await page.getByRole("heading", { name: "child", exact: true }).waitFor();
  await stage.state("running").waitFor();
  await page.getByRole("link", { name: "Images" }).click();
  await row.getByText("1 machine made").waitFor();
  await button("Delete dev@1").click();
  await confirm("Delete golden image");
  await dialog().getByRole("alert").filter({ hasText: "machine child" }).waitFor();
  await picture(page, "golden-in-use");
  await confirm("Cancel");
});

test("a golden image is renamed and described by the keyboard, and becomes the next version of its new name", async () => {
  const edit = async (of, name, description) => {
    await button(`Rename or describe ${of}`).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(name);
    await page.keyboard.press("Tab");
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.press("Delete");
    await page.keyboard.type(description);
  };
  await edit("dev@1", "Dev Tools", "x");
  await confirm("Save");
  await dialog().getByRole("alert").waitFor();
  await confirm("Cancel");
  await edit("dev@1", "toolbox", "Compilers and all.");
  await dialog().getByText("Launches and pools that name dev do not find it any more.").waitFor();
  await pictures("golden-edit");
  await confirm("Save");
  const row = page.getByRole("list", { name: "Golden images" }).getByRole("listitem").filter({ hasText: "toolbox@1" });
  await row.getByText("Compilers and all.").waitFor();
  await edit("toolbox@1", "dev", "");
  await confirm("Save");
  await button("Rename or describe dev@1").waitFor();
  const [golden] = (await server.call("GET", "/golden-images")).items;
  assert.deepEqual([golden.name, golden.version, golden.description], ["dev", 1, undefined]);
});

test("a pool is made from it and fills before one's eyes", async () => {
  await page.getByRole("link", { name: "Pools" }).click();
  await page.getByRole("heading", { name: "No pools yet" }).waitFor();
  await picture(page, "pools-none");
  await button("Create pool").click();
  await field("Name").fill("builders");
  await field("Spares").fill("3");
  await field("Low below").fill("4");
  await confirm("Create pool");
  await dialog().getByRole("alert").filter({ hasText: "not less than min" }).waitFor();
  assert.equal(await field("Golden image").inputValue(), "dev");
  await field("Low below").fill("1");
  await picture(page, "pools-create");
  await remember();
  await confirm("Create pool");
  await page.getByRole("heading", { name: "builders", exact: true }).waitFor();
  await picture(page, "pool-filling", { fullPage: true });
  await places("3 ready, 3 free, of 6 at most");
  assert.match((await remembered()).join("; "), /^(.*; )?[12] filling, [45] free, of 6 at most;.* 3 ready, 3 free, of 6 at most$/);
  await figure("Spares", "3 of 3");
  await page.getByRole("img", { name: "Ages of 3 spares" }).waitFor();
});

test("a claim shows the machine and the way to it, the gauges move, and a fresh spare takes its place", async () => {
  await button("Claim from builders").click();
  await field("Minutes").fill("30");
  await field("Name").fill("mine");
  await picture(page, "pool-claim");
  await confirm("Claim");
  await dialog().getByRole("heading", { name: "mine is yours" }).waitFor();
  await picture(page, "pool-claimed");
  assert.equal(await dialog().getByRole("link", { name: "Open mine" }).getAttribute("href"), "/machines/mine");
  await dialog().getByRole("button", { name: "Close" }).last().click();
  await leases().filter({ hasText: "mine" }).getByText(/^(30|29) min/).waitFor();
  await figure("Lent", "1");
  await figure("Hit rate", "100 %");
  await places("3 ready, 1 lent, 2 free, of 6 at most");
});

test("a lease is renewed and released; then it stands among those that have ended", async () => {
  await button("Renew mine").click();
  await field("Minutes from now").fill("99999");
  await confirm("Renew");
  await dialog().getByRole("alert").filter({ hasText: "the pool's maximum" }).waitFor();
  await field("Minutes from now").fill("120");
  await confirm("Renew");
  await leases().filter({ hasText: "mine" }).getByText(/^(2 h|1 h 59 min)/).waitFor();
  await pictures("pool", (size) => ({ fullPage: size === "phone" }));
  await button("Release mine").click();
  await confirm("Release");
  await page.getByText("Nothing is lent.").waitFor();
  await page.getByRole("radio", { name: "Ended" }).click();
  await leases("Leases that have ended").filter({ hasText: "mine" }).getByText("Given back").waitFor();
  await figure("Lent", "0");
  await places("3 ready, 3 free, of 6 at most");
});

test("a pool is resized, drained, resumed and deleted", async () => {
  await menu("More for builders", "Resize…");
  await field("Spares").fill("1");
  await confirm("Resize");
  await places("1 ready, 5 free, of 6 at most");
  await menu("More for builders", "Drain: lend nothing more");
  await page.getByText("It is draining", { exact: true }).waitFor();
  await button("Claim from builders").and(page.locator(":disabled")).waitFor({ state: "attached" });
  await places("6 free, of 6 at most");
  await page.getByRole("link", { name: "Pools" }).first().click();
  await menu("More for builders", "Resume");
  await places("1 ready, 5 free, of 6 at most");
  for (const where of ["Pools", "Images"]) {
    await page.getByRole("link", { name: where, exact: true }).click();
    await page.getByRole("heading", { name: where, exact: true }).waitFor();
    await page.getByText(where === "Pools" ? "builders" : "dev@1").first().waitFor();
    await pictures(where === "Pools" ? "pools" : "golden");
  }
  await page.getByRole("link", { name: "Pools", exact: true }).click();
  await menu("More for builders", "Delete…");
  await confirm("Delete pool");
  await page.getByRole("heading", { name: "No pools yet" }).waitFor();
  assert.deepEqual((await server.call("GET", "/pools")).items, []);
  assert.deepEqual(faults, []);
});
