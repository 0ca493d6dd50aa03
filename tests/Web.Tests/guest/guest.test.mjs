// The web pages in a real Chromium against the real server with real QEMU. One server for all: the image is built once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { desktop, everyWay, overflow, picture, startBrowser, watch } from "../browser.mjs";
import { difference, lit, readCanvas, until } from "../canvas.mjs";
import { readScreen } from "../rfb.mjs";
import { ended, startServer } from "../server.mjs";

let server, browser, context, page, faults;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  context = await browser.newContext({ viewport: desktop, colorScheme: "light" });
  faults = await watch(context, server.url);
  page = await context.newPage();
  page.setDefaultTimeout(90_000);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = (path) => page.goto(server.url + path);
const field = (name) => page.getByRole("dialog").getByLabel(name, { exact: true });

test("whoever is not logged in is told how to get a link", async () => {
  await open("/images");
  await page.waitForURL("**/login");
  await page.getByText("No password, or forgotten?").click();
  await page.getByText("warren login-link").waitFor();
  await picture(page, "login");
});

test("the link logs in once, its secret leaves the address bar, the cookie is out of reach of scripts", async () => {
  await page.goto(server.login);
  await page.getByRole("heading", { name: "Machines", exact: true }).waitFor();
  assert.equal(new URL(page.url()).hash, "");
  assert.equal(new URL(page.url()).pathname, "/");

  const [cookie, ...others] = await context.cookies();
  assert.deepEqual(others, []);
  assert.equal(cookie.name, "warren_session");
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, "Strict");
  assert.equal(await page.evaluate(() => document.cookie), "");

  const stranger = await browser.newContext();
  const second = await stranger.newPage();
  await second.goto(server.login);
  await second.getByText("This link does not work any more").waitFor();
  assert.deepEqual(await stranger.cookies(), []);
  assert.equal(new URL(second.url()).hash, "");
  await stranger.close();
});

test("a new link pasted into an open login page works, and logging out ends the session at the server", async () => {
  const other = await browser.newContext();
  const tab = await other.newPage();
  await tab.goto(`${server.url}/login`);
  await tab.getByRole("dialog", { name: "Welcome to Warren" }).waitFor();
  const { url } = await server.call("POST", "/login-links");
  await tab.goto(url);
  await tab.getByRole("heading", { name: "Machines", exact: true }).waitFor();
  const [cookie] = await other.cookies();
  await tab.getByRole("button", { name: "Log out" }).click();
  await tab.waitForURL("**/login");
  const replay = await fetch(`${server.url}/api/v1/session`, { headers: { Cookie: `${cookie.name}=${cookie.value}` } });
  assert.equal(replay.status, 401);
  await other.close();
});

test("the empty list leads to the launch form, which checks the name while it is typed", async () => {
  await open("/");
  await page.getByRole("button", { name: "Launch the first machine" }).click();
  await page.getByRole("dialog").locator("label", { has: page.locator("input[value=tiny]") }).click();
  assert.ok(await page.getByRole("radio", { name: /tiny/i }).isChecked());
  await field("Name").fill("Not a name");
  await page.getByRole("dialog").getByText("Use lower-case letters, digits and hyphens.").waitFor();
  await picture(page, "launch-light");
  await field("Name").fill("seen");
});

test("what the server refuses is shown at its field", async () => {
  // The form does not know this rule: each port of the guest once.
  await page.getByText("More: firmware").click();
  for (const row of [0, 1]) {
    const port = page.getByLabel("Port in the guest").nth(row);
    // The form above it may still grow (the preview of the host): a press that the button slips away under is made again, as people do.
    for (let tries = 0; tries < 3 && !(await port.isVisible()); tries++) {
      await page.getByRole("button", { name: "Add to Port forwards" }).click();
      await port.waitFor({ timeout: 5000 }).catch(() => undefined);
    }
    await port.fill("8080");
  }
  await page.getByRole("button", { name: "Launch", exact: true }).click();
  const group = page.getByRole("group", { name: "Port forwards" });
  await group.getByRole("alert").filter({ hasText: "guestPort once" }).waitFor();
  assert.deepEqual((await server.call("GET", "/machines")).items, []);
  await picture(page, "launch-refused");
  await page.getByLabel("Remove forward 2").click();
  assert.equal(await group.getByRole("alert").count(), 0);
});

test("tiny is launched in the browser, its progress is shown, and the list follows by itself", { timeout: 300_000 }, async () => {
  const watcher = await context.newPage();
  await watcher.goto(`${server.url}/`);
  await watcher.getByRole("heading", { name: "No machines yet" }).waitFor();

  await page.getByRole("button", { name: "Launch", exact: true }).click();
  await page.waitForURL("**/machines/seen");
  await page.getByRole("progressbar").first().waitFor();
  await picture(page, "launching");
  const row = watcher.getByRole("row").filter({ hasText: "seen" });
  await row.getByText("Running").waitFor({ timeout: 280_000 });
  await row.getByText(/Agent|SSH|Configured/).waitFor({ timeout: 120_000 });
  await picture(watcher, "machines-light");
  await watcher.close();
});

test("the console shows the guest's screen, pixel for pixel what QEMU draws", { timeout: 180_000 }, async () => {
  await page.getByLabel("Console").getByText("Connected").waitFor();
  const [machine] = (await server.call("GET", "/machines")).items;
  const socket = join(server.data, "machines", machine.id, "rfb.sock");
  const text = (screen) => screen.colours > 1;
  await until(page, text, "more than one colour on the canvas");
  // The cursor blinks: a character cell is 9 x 16 pixels.
  const seen = await until(page, async (screen) => difference(screen, await readScreen(socket)) <= 9 * 16, "the canvas equals QEMU's own screen");
  assert.ok(seen.width >= 320 && seen.height >= 200, `${seen.width} x ${seen.height}`);
  await picture(page, "console-light", { fullPage: true });
});

test("a typed key changes the guest's screen, and the change is QEMU's own", { timeout: 180_000 }, async () => {
  const [machine] = (await server.call("GET", "/machines")).items;
  const socket = join(server.data, "machines", machine.id, "rfb.sock");
  const before = await readCanvas(page);
  await page.getByTestId("screen").locator("canvas").click();
  await page.getByText("Keys go to the machine").waitFor();
  // Forty letters cover more than a blinking cursor's cell ever can.
  await page.keyboard.type(`echo ${"m".repeat(40)}`, { delay: 40 });
  await until(page, (screen) => difference(screen, before) > 2 * 9 * 16, "the typed letters on the canvas");
  await until(page, async (screen) => difference(screen, await readScreen(socket)) <= 9 * 16, "the canvas equals QEMU's own screen after typing");
  await picture(page, "console-typed");
  // The guest obeys, too: a cleared screen has but a prompt on it.
  await page.keyboard.press("Enter");
  const full = lit(await readCanvas(page));
  await page.keyboard.type("clear", { delay: 40 });
  await page.keyboard.press("Enter");
  await until(page, (screen) => lit(screen) < full / 5, "the screen cleared by the guest's shell");

  await page.keyboard.press("Control+Alt+Shift");
  await page.getByText("Click the screen to type.").waitFor();
});

test("the serial log is shown and follows", async () => {
  const log = page.locator("pre[aria-label='Serial log']");
  await log.filter({ hasText: /\w{4}/ }).waitFor();
  assert.doesNotMatch(await log.innerText(), /\x1b/);
});

test("stop, resize and start from the machine's page; the console comes back by itself", { timeout: 300_000 }, async () => {
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("The machine is stopped").waitFor({ timeout: 120_000 });
  await page.getByRole("button", { name: "Resize" }).click();
  await field("Memory").last().fill("320");
  await page.getByRole("dialog").getByRole("button", { name: "Resize" }).click();
  await page.getByText("320 MiB").waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByLabel("Console").getByText("Connected").waitFor({ timeout: 120_000 });
  await until(page, (screen) => screen.colours > 1, "more than one colour after the restart");
});

test("a key pair is made and its private part saved, once", async () => {
  await open("/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await field("Name").fill("laptop");
  await page.getByRole("button", { name: "Make key" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download private key" }).click()]);
  assert.equal(download.suggestedFilename(), "laptop");
  const { readFile } = await import("node:fs/promises");
  assert.match(await readFile(await download.path(), "utf8"), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("SHA256:").waitFor();
  await page.getByRole("button", { name: "New key" }).click();
  await field("Name").fill("laptop");
  await page.getByRole("button", { name: "Make key" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
});

test("the theme follows the system until one is chosen, and the choice is remembered", async () => {
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await open("/");
  const light = await paper();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await paper();
  assert.notEqual(light, dark);
  await page.getByRole("radio", { name: "Light" }).click();
  assert.equal(await paper(), light);
  await page.reload();
  assert.equal(await paper(), light);
  await page.getByRole("radio", { name: "As the system" }).click();
  assert.equal(await paper(), dark);
  await page.emulateMedia({ colorScheme: "light" });
});

test("every page fits a desktop and a phone, light and dark", { timeout: 240_000 }, async () => {
  const pages = { machines: "/", launch: "/?launch=", machine: "/machines/seen", images: "/images", keys: "/keys", hosts: "/hosts", host: "/hosts/local", operations: "/operations" };
  await everyWay(page, async (way) => {
    for (const [name, path] of Object.entries(pages)) {
      await open(path);
      await page.locator("main h1").waitFor();
      await page.waitForFunction(() => !document.querySelector("[role=status][aria-label=Loading]"));
      if (name === "machine") await page.getByLabel("Console").getByText("Connected").waitFor();
      assert.ok((await overflow(page)) <= 0, `${name} is wider than a ${way}`);
      await picture(page, `${name}-${way}`);
    }
  });
});

test("a machine is deleted after a question, and its page says that it is gone", { timeout: 120_000 }, async () => {
  await open("/machines/seen");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete seen?" });
  await picture(page, "delete");
  await dialog.getByRole("button", { name: "Delete machine" }).click();
  await page.getByRole("heading", { name: "No machines yet" }).waitFor({ timeout: 90_000 });
  const [deletion] = (await server.call("GET", "/operations?subject=seen")).items;
  assert.equal((await ended(server.call, deletion.id)).kind, "machine.delete");
  await open("/machines/seen");
  await page.getByText("There is no machine seen").waitFor();
});

test("nothing on any page broke the content policy, failed, or asked another server", async () => {
  const headers = (await fetch(`${server.url}/`)).headers;
  const policy = headers.get("content-security-policy");
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.deepEqual(faults, []);
});
