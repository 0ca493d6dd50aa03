// Limits in a real Chromium: what one has of one's share, what an administrator sets, and the one machine that may run.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desktop, pictures, watch } from "./browser.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
const password = "correct horse battery";
let server, ann, faults;

before(async () => {
  await stage.start(["--Hypervisor=fake", "--Access:SignUp=open", "--Limits:PerUser:Machines=4", "--Limits:PerUser:MemoryMiB=4096"]);
  ({ server } = stage);
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  await server.call("POST", "/projects", { name: "class" });
  const context = await stage.browser.newContext({ viewport: desktop, colorScheme: "light" });
  faults = await watch(context, server.url);
  ann = await context.newPage();
  ann.setDefaultTimeout(30_000);
  await ann.goto(server.url);
  await ann.getByRole("tab", { name: "Sign up" }).click();
  await ann.getByRole("dialog").getByLabel("Name", { exact: true }).fill("ann");
  await ann.getByRole("dialog").getByLabel("Password", { exact: true }).fill(password);
  await ann.getByRole("button", { name: "Sign up", exact: true }).click();
  await heading(ann, "Machines").waitFor();
});

after(() => stage.stop());

const heading = (page, name) => page.getByRole("heading", { name, exact: true });
const meter = (page, name) => page.getByRole("meter", { name, exact: true });

test("an administrator sets what a user may have, and says what is wrong with a number", async () => {
  const { page } = stage;
  await page.getByRole("link", { name: "Users" }).click();
  await page.getByRole("button", { name: "More for ann" }).click();
  await page.getByRole("menuitem", { name: "Limits…" }).click();
  const dialog = stage.dialog();
  await dialog.getByText("In all projects together.").waitFor();
  assert.equal(await dialog.getByLabel("Machines: which limit", { exact: true }).locator("option").first().innerText(), "Default (4)");
  await dialog.getByLabel("Memory: which limit").selectOption("most");
  assert.equal(await dialog.getByLabel("Memory: at most").inputValue(), "4");
  await dialog.getByLabel("Memory: at most").fill("lots");
  await dialog.getByText("Give a number, 0 or more.").waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Save" }).isDisabled(), true);
  await dialog.getByLabel("Memory: at most").fill("1.5");
  await dialog.getByLabel("Running machines: which limit").selectOption("most");
  await dialog.getByLabel("Running machines: at most").fill("2");
  await dialog.getByLabel("Machines: which limit", { exact: true }).selectOption("none");
  await dialog.getByLabel("One running machine for each user").selectOption("yes");
  await pictures(page, "limits-edit");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual((await server.call("GET", "/users/ann/limits")).set, { machines: -1, runningMachines: 2, memoryMiB: 1536, oneRunningMachine: true });
});

test("one sees on one's own page what one has of it", async () => {
  await server.call("PUT", "/users/owner/limits", { machines: 2, runningMachines: 3, cpus: 16, memoryMiB: 8192, diskGiB: 50, snapshots: 5 });
  for (const name of ["one", "two"]) await ended(server.call, (await server.call("POST", "/machines", { name, image: "blank", memoryMiB: 1024, cpus: 2, diskGiB: 10, start: name === "one" })).id);
  const { page } = stage;
  await stage.open("/account");
  await meter(page, "Machines").waitFor();
  assert.deepEqual([await meter(page, "Machines").getAttribute("aria-valuenow"), await meter(page, "Machines").getAttribute("aria-valuemax")], ["2", "2"]);
  await page.getByText("2 GiB of 8 GiB").waitFor();
  await page.getByText("What has no bar is not limited.").waitFor();
  await pictures(page, "limits-account");
});

test("a launch beyond one's share says which, and leaves the form as it was", async () => {
  const { page } = stage;
  await stage.open("/?launch=blank");
  await stage.field("Name").fill("three");
  await stage.dialog().getByRole("button", { name: "Launch" }).click();
  await stage.dialog().getByText("That is more than your share").waitFor();
  await stage.dialog().getByText("'owner' may have 2 machines and has 2; 1 more is asked for").waitFor();
  assert.equal(await stage.field("Name").inputValue(), "three");
  await pictures(page, "limits-launch");
});

test("where one machine may run, the launch leads to the one that does", async () => {
  const { page } = stage;
  await server.call("PUT", "/users/owner/limits", { oneRunningMachine: true });
  await stage.dialog().getByRole("button", { name: "Launch" }).click();
  await stage.dialog().getByText("one is running already").waitFor();
  await pictures(page, "limits-running");
  await stage.dialog().getByRole("link", { name: "Open one" }).click();
  await page.getByRole("heading", { name: "one", exact: true }).waitFor();
});

test("a project's administrators say who is in it, and the server's what it may have", async () => {
  const { page } = stage;
  await stage.open("/users");
  await page.getByRole("link", { name: "projects" }).click();
  await page.getByRole("list", { name: "Projects" }).getByRole("link", { name: /^class/ }).waitFor();
  await pictures(page, "projects");
  await page.getByRole("list", { name: "Projects" }).getByRole("link", { name: /^class/ }).click();
  await heading(page, "class").waitFor();
  await page.getByLabel("Name of a user").fill("nobody");
  await page.getByRole("button", { name: "Let in" }).click();
  await page.getByText("There is no user 'nobody'.").waitFor();
  await page.getByLabel("Name of a user").fill("ann");
  await page.getByRole("button", { name: "Let in" }).click();
  await page.getByLabel("Role of ann").waitFor();
  await page.getByRole("button", { name: "Change" }).click();
  await stage.dialog().getByLabel("Machines: which limit", { exact: true }).selectOption("most");
  await stage.dialog().getByLabel("Machines: at most").fill("30");
  await stage.dialog().getByRole("button", { name: "Save" }).click();
  await page.getByText("0 of 30").waitFor();
  await pictures(page, "project");

  // A member sees it, and changes nothing; their administrator lets people in, and sets no limits.
  await ann.goto(`${server.url}/account`);
  await ann.getByRole("list", { name: "Projects" }).getByRole("link", { name: /^class/ }).click();
  await ann.getByText("0 of 30").waitFor();
  assert.equal(await ann.getByRole("button", { name: "Let in" }).count(), 0);
  await page.getByLabel("Role of ann").selectOption("administrator");
  await ann.reload();
  await ann.getByRole("button", { name: "Let in" }).waitFor();
  assert.equal(await ann.getByRole("button", { name: "Change" }).count(), 0);

  await page.getByRole("button", { name: "Take ann out" }).click();
  await stage.dialog().getByRole("button", { name: "Take out" }).click();
  await page.getByLabel("Role of ann").waitFor({ state: "detached" });
  await ann.reload();
  await ann.getByText("There is no project class").waitFor();
});

test("nothing was fetched from elsewhere, and the content policy held", () => assert.deepEqual([...faults, ...stage.faults], []));
