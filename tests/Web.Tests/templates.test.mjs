// Templates, and launches and pools of them, in a real Chromium against the real server. The host is an imitation: no guest is needed.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { picture, pictures as allPictures } from "./browser.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, context, page, faults;

before(async () => {
  await stage.start(["--Hypervisor=fake"]);
  ({ server, context, page, faults } = stage);
  await server.call("POST", "/keys", { name: "laptop" });
  await ended(server.call, (await uploadDisk(server, "blank")).id);
});

after(() => stage.stop());

const { choose, dialog, field, open } = stage;
const button = (name) => page.getByRole("button", { name, exact: true });
const link = (name) => page.getByRole("link", { name, exact: true });
const heading = (name) => page.getByRole("heading", { name, exact: true });
const text = () => page.getByLabel("Text of the template");
const rows = (title) => page.getByRole("list", { name: `Templates: ${title}` }).getByRole("listitem");
const pictures = (name, options) => allPictures(page, name, options);

const good = `name: web
description: Pages of ours.
image: blank
machineName: web-{user}
resources: { memory: 640M, cpus: 2 }
keys: [laptop]
forwards: [80]
ttl: 2h
pool: { target: 2, min: 1, max: 5 }
cloudInit:
  hostname: '{machine}'
provision:
  - name: first page
    shell: echo '{user}' > /srv/index.html
`;

test("the shipped templates are listed with what they make, and stay as they are", async () => {
  await link("Templates").click();
  await rows("Shipped with Warren").filter({ hasText: "build-agent" }).getByText("debian-12 · 4 GiB · 2 CPUs · 30 GiB disk · 1 step · pool").waitFor();
  const { items } = await server.call("GET", "/templates?limit=200");
  assert.equal(await rows("Shipped with Warren").count(), items.length);
  await page.getByText("None yet. Write one").waitFor();
  await pictures("templates-none");
  await link("build-agent").click();
  await heading("build-agent").waitFor();
  await page.getByText("Shipped with Warren").waitFor();
  assert.equal(await page.getByLabel("Text of build-agent").textContent(), (await server.call("GET", "/templates/build-agent")).yaml);
  assert.equal(await link("Edit").count() + (await button("More for build-agent").count()), 0);
  await pictures("template-shipped");
});

test("mistakes are written at their lines while one types, and a press leads to the place", async () => {
  await page.getByRole("link", { name: "Make your own of it" }).click();
  await heading("New template").waitFor();
  assert.match(await text().inputValue(), /^name: my-build-agent$/m);
  await text().fill("name: web\nimage: blank\ncolour: red\ncloudInit:\n  packges: [nginx]\n  hostname: '{nobody}'\n");
  await page.getByRole("status").getByText("3 mistakes").waitFor();
  const mistakes = page.getByRole("list", { name: "Mistakes" }).getByRole("listitem");
  assert.deepEqual((await mistakes.allInnerTexts()).map((one) => one.split(/\s/)[0]), ["3:1", "5:3", "6:13"]);
  assert.equal(await text().getAttribute("aria-invalid"), "true");
  await page.getByText("Shown when there are no mistakes.").waitFor();
  await pictures("template-mistakes");
  await mistakes.nth(1).getByRole("button").focus();
  await page.keyboard.press("Enter");
  const place = (await text().inputValue()).indexOf("packges");
  assert.equal(await text().evaluate((area) => (document.activeElement === area ? area.selectionStart : -1)), place);
  // From there it is mended by the keyboard alone.
  await page.keyboard.press("Shift+End");
  await page.keyboard.type("packages: [nginx]");
  await page.keyboard.press("Enter");
  await page.keyboard.type("locale: C.UTF-8");
  assert.match(await text().inputValue(), /^ {2}packages: \[nginx\]\n {2}locale: C\.UTF-8$/m);
  await page.getByRole("status").getByText("2 mistakes").waitFor();
  await button("Save template").click();
  await text().evaluate((area) => new Promise((done) => (document.activeElement === area ? done() : area.addEventListener("focus", done))));
  assert.equal(await text().evaluate((area) => area.value.slice(0, area.selectionStart).split("\n").length), 3, "the first mistake is where the cursor is");
  assert.equal((await server.call("GET", "/templates?limit=200")).items.filter(({ builtin }) => !builtin).length, 0);
});

test("a template comes from a file, shows what it would launch, is saved, and leaves as the same text", async () => {
  await page.getByText("From a file…").locator("input").setInputFiles({ name: "web.yaml", mimeType: "application/yaml", buffer: Buffer.from(good.replace("name: web", "name: k3s")) });
  await page.getByRole("status").getByText("No mistakes.").waitFor();
  await page.locator("dd").getByText("640 MiB").waitFor();
  await button("Save template").click();
  await page.getByRole("alert").filter({ hasText: "k3s" }).waitFor();
  await page.getByText("From a file…").locator("input").setInputFiles({ name: "web.yaml", mimeType: "application/yaml", buffer: Buffer.from(good) });
  await page.getByText("What cloud-init gets").click();
  const user = (await server.call("GET", "/session")).user;
  await page.getByLabel("User-data").getByText(`hostname: 'web-${user}'`).waitFor();
  await pictures("template-new");
  await button("Save template").click();
  await heading("web").waitFor();
  await page.getByText(`by ${user}`).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button("Download").click()]);
  assert.equal(download.suggestedFilename(), "web.yaml");
  assert.equal(await readFile(await download.path(), "utf8"), good);
  await pictures("template");
});

test("an edit makes the next version; what others saved meanwhile is not overwritten, and nothing typed is lost unasked", async () => {
  await link("Edit").click();
  await text().fill(good.replace("640M", "768M"));
  await link("web").click();
  await dialog().getByRole("heading", { name: "Leave without saving?" }).waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await server.call("PUT", "/templates/web", { yaml: good.replace("640M", "512M") });
  await button("Save version 2").click();
  await page.getByRole("alert").filter({ hasText: "Somebody has saved another version meanwhile" }).waitFor();
  await link("web").click();
  await dialog().getByRole("button", { name: "Leave" }).click();
  await page.getByText("Version 2", { exact: true }).waitFor();
  await link("Edit").click();
  await text().fill(good.replace("640M", "768M"));
  await button("Save version 3").click();
  await page.getByText("Version 3", { exact: true }).waitFor();
  await page.getByRole("list", { name: "Versions of web" }).getByRole("link", { name: /Version 1/ }).click();
  await page.getByText("This is a former version; the newest is 3").waitFor();
  assert.equal(await page.getByLabel("Text of web").textContent(), good);
  await picture(page, "template-former");
});

test("a launch from a template is filled in by it, says what comes from there, and sends only what was changed", async () => {
  await page.getByRole("link", { name: "Launch from it" }).click();
  const from = dialog().getByRole("region", { name: "From web@1" });
  await from.getByText("first page").waitFor();
  assert.equal(await dialog().getByRole("spinbutton", { name: "Memory" }).inputValue(), "640");
  await dialog().getByRole("checkbox", { name: "laptop" }).and(page.locator(":checked")).waitFor({ state: "attached" });
  await dialog().getByRole("group", { name: "Template" }).getByRole("radio", { checked: true }).first().waitFor({ state: "detached" });
  await choose("checkbox", "laptop", false);
  await dialog().getByRole("button", { name: "Launch", exact: true }).click();
  await dialog().getByRole("alert").filter({ hasText: "those of web come back" }).waitFor();
  await choose("checkbox", "laptop");
  await pictures("launch-template");
  await dialog().getByRole("spinbutton", { name: "CPUs" }).fill("1");
  const [request] = await Promise.all([
    page.waitForRequest((sent) => sent.method() === "POST" && sent.url().endsWith("/api/v1/machines")),
    dialog().getByRole("button", { name: "Launch", exact: true }).click(),
  ]);
  assert.deepEqual(Object.keys(request.postDataJSON()).sort(), ["cpus", "name", "template"]);
  await stage.state("running").waitFor();
  const { name } = request.postDataJSON();
  const machine = await server.call("GET", `/machines/${name}`);
  assert.deepEqual([machine.template, machine.spec.memoryMiB, machine.spec.cpus, machine.forwards.map(({ guestPort }) => guestPort).sort()], ["web@1", 640, 1, [22, 80]]);
  await link("web@1").click();
  await page.getByText("This is a former version").waitFor();
});

test("templates are chosen in the launch form by the keyboard, and an image takes their place again", async () => {
  await open("/?launch=blank");
  await dialog().getByRole("radiogroup", { name: "Launch from" }).getByRole("radio", { name: "Template" }).focus();
  await page.keyboard.press("Enter");
  await dialog().getByRole("radio", { name: /ansible-controller/ }).focus();
  await page.keyboard.press("Space");
  await dialog().getByRole("region", { name: "From ansible-controller" }).waitFor();
  await page.keyboard.press("ArrowUp");
  await dialog().getByRole("group", { name: "Template" }).locator("input:checked").waitFor({ state: "attached" });
  await dialog().getByRole("radio", { name: "Image", exact: true }).click();
  await choose("radio", /^blank/);
  await dialog().getByRole("region", { name: /^From / }).first().waitFor({ state: "detached" });
  await open("/?template=nothing");
  await dialog().getByText("There is no such template").waitFor();
});

test("a pool of a template takes what it says, and what is typed wins", async () => {
  await open("/templates/web");
  await button("Make a pool of it").click();
  assert.deepEqual(await Promise.all(["Template", "Spares", "Low below", "At most"].map((name) => field(name).inputValue())), ["web", "", "", ""]);
  assert.deepEqual(await Promise.all(["Spares", "Low below", "At most", "A lease lasts"].map((name) => field(name).getAttribute("placeholder"))), ["2", "1", "5", "120"]);
  await field("Name").fill("pages");
  await field("At most").fill("1");
  await dialog().getByRole("button", { name: "Create pool" }).click();
  await dialog().getByRole("alert").filter({ hasText: "not less than target, 2" }).waitFor();
  await field("At most").fill("4");
  await pictures("pool-template");
  await dialog().getByRole("button", { name: "Create pool" }).click();
  await heading("pages").waitFor();
  await page.getByRole("img", { name: "2 ready, 2 free, of 4 at most" }).waitFor();
  const pool = await server.call("GET", "/pools/pages");
  assert.deepEqual([pool.target, pool.min, pool.max, pool.leaseSeconds, pool.machine.template], [2, 1, 4, 7200, "web"]);
  await link("web").click();
  await heading("web").waitFor();
});

test("what is saved elsewhere is seen at once; a deletion asks first", async () => {
  const watcher = await context.newPage();
  await watcher.goto(`${server.url}/templates`);
  await watcher.getByRole("list", { name: "Templates: Own" }).getByText("web", { exact: true }).waitFor();
  await server.call("POST", "/templates", { yaml: "name: other\nimage: blank\n" });
  await watcher.getByRole("list", { name: "Templates: Own" }).getByText("other", { exact: true }).waitFor();
  await server.call("DELETE", "/pools/pages");
  await button("More for web").click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await picture(page, "template-delete");
  await dialog().getByRole("button", { name: "Delete template" }).click();
  await heading("Templates").waitFor();
  await watcher.getByRole("list", { name: "Templates: Own" }).getByText("web", { exact: true }).waitFor({ state: "detached" });
  await watcher.close();
  await pictures("templates");
  await open("/templates/web");
  await page.getByText("There is no template web").waitFor();
  assert.deepEqual(faults, []);
});
