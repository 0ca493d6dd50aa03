// The audit trail in a real Chromium against the real server: what was done is listed, narrowed, opened and verified.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pictures } from "./browser.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, page, faults, machine;

before(async () => {
  await stage.start(["--Hypervisor=fake"]);
  ({ server, page, faults } = stage);
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  const launch = await server.call("POST", "/machines", { name: "web", image: "blank", memoryMiB: 512, userData: "#cloud-config\npassword: hush" });
  machine = launch.subjectId;
  await ended(server.call, launch.id);
  await server.call("POST", "/projects", { name: "class" });
  await fetch(`${server.url}/api/v1/session`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "root", password: "not the password" }) });
});

after(() => stage.stop());

const rows = () => page.getByRole("list", { name: "Audit entries" }).getByRole("listitem");
const row = (text) => rows().filter({ hasText: text }).first();

test("what was done is listed, with who, to what, and what came of it", async () => {
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await row("somebody as root").getByText("refused: unauthenticated").waitFor();
  await row("machine web").waitFor();
  await row("the server").waitFor();
  await pictures(page, "audit");
});

test("an entry opens to all of its fields, and secrets are not among them", async () => {
  const launch = rows().filter({ hasText: "Launch" }).filter({ hasText: "machine web" }).filter({ hasNotText: "the server" }).first();
  await launch.locator("summary").click();
  await launch.getByText("/api/v1/machines/", { exact: true }).waitFor();
  await launch.getByText("(redacted)").first().waitFor();
  assert.equal(await page.getByText("hush").count(), 0);
  await pictures(page, "audit-entry");
});

test("filters narrow the list, and what is narrowed to nothing can be widened", async () => {
  await page.getByRole("radio", { name: "Refused" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll("[aria-label='Audit entries'] > li")].every((one) => one.textContent.includes("refused")));
  await page.getByLabel("What", { exact: true }).selectOption("machine.");
  await page.getByText("None of these").waitFor();
  await pictures(page, "audit-none");
  await page.getByRole("button", { name: "Show everything" }).click();
  await page.getByLabel("Who", { exact: true }).fill("root");
  await page.waitForFunction(() => document.querySelectorAll("[aria-label='Audit entries'] > li").length === 1);
});

test("a new entry appears by itself", async () => {
  await page.getByLabel("Who", { exact: true }).fill("");
  await server.call("POST", "/projects", { name: "meanwhile" });
  await row("meanwhile").waitFor();
});

test("the chain is verified, and tells its head", async () => {
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText(/Intact: \d+ entries/).waitFor();
  await page.getByText(/^\d+:[0-9a-f]{64}$/).waitFor();
  await pictures(page, "audit-verified");
});

test("a machine's page leads to what was done to it", async () => {
  await stage.open("/machines/web");
  await page.getByRole("tab", { name: "Connections" }).click();
  await page.getByRole("link", { name: "All that was done to it" }).click();
  await row("machine web").waitFor();
  assert.equal(await page.getByLabel("To what", { exact: true }).inputValue(), machine);
  assert.deepEqual(faults, []);
});
