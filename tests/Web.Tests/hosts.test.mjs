// Hosts in a real Chromium against the real server. They are imitations, of which one does not answer: no guest is needed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desktop, overflow, phone, picture } from "./browser.mjs";
import { resourceTests } from "./hostResources.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, context, page, faults;

before(async () => {
  // A host that hangs counts as silent after a second instead of two minutes.
  await stage.start(["--Hypervisor=fake", "--Hosts:CallLimits:Probe=00:00:01"]);
  ({ server, context, page, faults } = stage);
});

// The adopted machine lives in libvirt's test driver, thus in the server's own process, and goes with it.
after(() => stage.stop(["stranger"]));

const { open, dialog, field, state } = stage;
const choose = () => dialog().getByText("Imitation", { exact: true }).click();
const add = () => dialog().getByRole("button", { name: "Add host" });

test("a host that does not answer is added all the same, and says what was tried, what happened and what to do", async () => {
  await open("/hosts");
  await page.getByRole("button", { name: "Add host" }).click();
  await choose();
  await dialog().getByText("QEMU and VirtualBox: only from the server's configuration.").waitFor();
  await field("Name").fill("silent");
  await dialog().getByRole("button", { name: "Add to Delays" }).click();
  await field("Name of Delays 1").fill("Probe");
  await field("Value of Delays 1").fill("00:10:00");
  await picture(page, "host-add");
  await add().click();
  await page.waitForURL("**/hosts/silent");
  // Nobody reloads: the event stream brings its status.
  const notice = page.getByRole("alert").filter({ hasText: "It does not answer" });
  await notice.waitFor();
  await notice.getByText("delays:Probe=00:10:00").waitFor();
  await notice.getByText("did not answer Probe within 1 s").waitFor();
  await notice.getByText("Check that it is up").waitFor();
  await state("Unreachable").waitFor();
  await page.getByText("Not known while the host is unreachable.").first().waitFor();
  await picture(page, "host-unreachable");
});

test("what the server refuses of a host is shown at its field", async () => {
  await open("/hosts");
  await page.getByRole("button", { name: "Add host" }).click();
  await choose();
  await field("Name").fill("silent");
  await add().click();
  await dialog().getByText("A host of this name exists.").waitFor();
  await field("Name").fill("steady");
  await field("CPUs").fill("many");
  await add().click();
  await dialog().getByRole("alert").filter({ hasText: "must be a whole number from 1 to 4096" }).waitFor();
  assert.equal(await field("CPUs").getAttribute("aria-invalid"), "true");
  assert.equal(await field("Memory MiB").getAttribute("aria-invalid"), "false");
  await field("CPUs").fill("4");
  await field("Memory MiB").fill("8192");
  await dialog().getByText("Labels and limits").click();
  await dialog().getByRole("button", { name: "Add to Labels" }).click();
  await field("Name of label 1").fill("zone");
  await field("Value of label 1").fill("cellar");
  await field("Most machines").fill("3");
  await add().click();
  await page.waitForURL("**/hosts/steady");
  await state("Online").waitFor();
  await page.getByText("zone=cellar").waitFor();
  const host = await server.call("GET", "/hosts/steady");
  assert.deepEqual([host.settings, host.labels, host.machineLimit], [{ cpus: "4", memoryMiB: "8192" }, { zone: "cellar" }, 3]);
});

test("the matrix says of every host and capability what the API says, and why not", async () => {
  await open("/hosts");
  const matrix = page.getByRole("region", { name: "Capabilities by host" });
  await matrix.getByRole("columnheader", { name: /steady/ }).waitFor();
  const { items } = await server.call("GET", "/hosts");
  assert.deepEqual(items.map((host) => host.name), ["local", "silent", "steady"]);
  const names = Object.keys(items[0].capabilities);
  const cells = await matrix.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelector("button")?.getAttribute("aria-label") ?? cell.innerText.trim())));
  assert.equal(cells.length, names.length);
  for (const [row, name] of names.entries())
    for (const [column, { capabilities }] of items.entries()) {
      const { available, reason } = capabilities[name];
      if (available) assert.equal(cells[row][column], "yes", `${name} of ${items[column].name}`);
      else assert.ok(reason && cells[row][column].endsWith(`on ${items[column].name}: no, ${reason}`), `${name} of ${items[column].name}: ${cells[row][column]}`);
    }
  const [missing, { reason }] = Object.entries(items[2].capabilities).find(([, { available }]) => !available);
  await matrix.locator("tbody tr").nth(names.indexOf(missing)).getByRole("button", { name: / on steady: no, / }).focus();
  await page.getByRole("tooltip").getByText(reason).waitFor();
  await picture(page, "hosts-matrix", { fullPage: true });
});

test("a drained host says so on every open page, and the launch form says why it is not chosen", async () => {
  const watcher = await context.newPage();
  await watcher.goto(`${server.url}/hosts/steady`);
  await state("Online", watcher).waitFor();
  await page.getByRole("button", { name: "More for steady" }).click();
  await page.getByRole("menuitem", { name: "Drain: no new machines" }).click();
  await watcher.getByText("Draining", { exact: true }).waitFor();

  await open("/?launch=tiny");
  await dialog().getByText("Goes to local.").waitFor();
  await dialog().getByText("Why not the other 2 hosts").click();
  await dialog().getByText("steady is draining and takes no new machines").waitFor();
  await dialog().getByText(/silent is unreachable: .*did not answer/).waitFor();
  await picture(page, "launch-placement");
  await field("Host").selectOption("steady");
  await dialog().getByText("No host takes it as it is").waitFor();

  await watcher.getByRole("button", { name: "More for steady" }).click();
  await watcher.getByRole("menuitem", { name: "Take new machines again" }).click();
  await watcher.getByText("Draining", { exact: true }).waitFor({ state: "detached" });
  await watcher.close();
});

test("a machine goes to the host with the wished label, its page says why, and the host cannot be removed", async () => {
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  await open("/?launch=blank");
  await field("Name").fill("tenant");
  await dialog().getByText("More: firmware").click();
  await dialog().getByRole("button", { name: "Add to Labels that the host must have" }).click();
  await field("Name of label 1").fill("zone");
  await field("Value of label 1").fill("cellar");
  await field("When nobody uses it for").fill("30");
  await picture(page, "launch-endings");
  await dialog().getByText("Goes to steady. It is the only one that takes it.").waitFor();
  await dialog().getByRole("button", { name: "Launch", exact: true }).click();
  await page.waitForURL("**/machines/tenant");
  await state("running").waitFor();
  await page.getByText("It is the only one that takes it.").waitFor();
  await page.getByText("stopped after 30 min").waitFor();
  await picture(page, "machine-placed");

  await page.getByRole("link", { name: "steady" }).click();
  await page.getByRole("link", { name: "tenant" }).waitFor();
  // The imitation takes half of what it was promised.
  await page.getByText("512 MiB of 1 GiB, 512 MiB its own").waitFor();
  await page.getByText("Free now").waitFor();
  await page.getByRole("button", { name: "More for steady" }).click();
  await page.getByRole("menuitem", { name: "Remove…" }).click();
  await dialog().getByText("A machine is still there").waitFor();
  await dialog().getByRole("link", { name: "tenant" }).waitFor();
  await dialog().getByRole("button", { name: "Remove host" }).and(page.locator(":disabled")).waitFor({ state: "attached" });
  await picture(page, "host-remove");
});

resourceTests(stage);

test("a host that is told right comes online by itself, and is removed after a question", async () => {
  await open("/hosts/silent");
  await page.getByRole("button", { name: "More for silent" }).click();
  await page.getByRole("menuitem", { name: "Edit…" }).click();
  await dialog().getByRole("button", { name: "Remove Delays 1" }).click();
  await dialog().getByRole("button", { name: "Save" }).click();
  await state("Online").waitFor();
  await page.getByText("It does not answer").first().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "More for silent" }).click();
  await page.getByRole("menuitem", { name: "Remove…" }).click();
  await dialog().getByRole("button", { name: "Remove host" }).click();
  await page.waitForURL("**/hosts");
  await page.getByRole("heading", { name: "steady" }).waitFor();
  await page.getByRole("heading", { name: "silent" }).first().waitFor({ state: "detached" });
  await open("/hosts/silent");
  await page.getByText("There is no host silent").waitFor();
});

test("the pages of hosts fit a desktop and a phone, and broke no policy", async () => {
  for (const [viewport, colorScheme] of [[desktop, "light"], [phone, "dark"]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    for (const path of ["/hosts", "/hosts/elsewhere", "/machines/tenant"]) {
      await open(path);
      await page.locator("main h1").waitFor();
      await page.waitForFunction(() => !document.querySelector("[role=status][aria-label=Loading]"));
      assert.ok((await overflow(page)) <= 0, `${path} is wider than ${viewport.width} pixels`);
      await picture(page, `${path.slice(1).replace("/", "-")}-${viewport.width}-${colorScheme}`, { fullPage: true });
    }
  }
  assert.deepEqual(faults, []);
});
