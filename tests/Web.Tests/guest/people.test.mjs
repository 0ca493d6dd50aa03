// A person's whole way in a real Chromium on real QEMU: sign up, a second factor, an ISO that is sent over a slow line with a reload in
// the middle, a machine that boots from it, and its screen; while somebody else sees nothing of it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { desktop, pictures, startBrowser, watch } from "../browser.mjs";
import { until } from "../canvas.mjs";
import { button, codeAt, field, heading, logIn, password, signUp, welcome } from "../door.mjs";
import { startServer } from "../server.mjs";

const faults = [];
let folder, iso, server, browser, ann, secret, confirmedAt;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wp-"));
  iso = await bootable(folder);
  server = await startServer(["--Qemu:Accelerator=tcg", "--Access:SignUp=open"]);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true });
});

/** An ISO whose GRUB paints the screen blue, says who it is in yellow, and stays. */
async function bootable(at) {
  const tree = join(at, "tree", "boot", "grub");
  await mkdir(tree, { recursive: true });
  await writeFile(join(tree, "grub.cfg"), 'set color_normal=yellow/blue\nclear\necho "an installer of Ann"\nwhile true; do sleep 1000; done\n');
  const made = join(at, "installer.iso");
  await promisify(execFile)("grub-mkrescue", ["-o", made, join(at, "tree")]);
  return made;
}

async function somebody() {
  const context = await browser.newContext({ viewport: desktop, colorScheme: "light" });
  faults.push(await watch(context, server.url));
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(server.url);
  return page;
}

const call = (page, path) => page.evaluate((path) => fetch(`/api/v1${path}`).then((answer) => answer.json()), path);

test("somebody signs up, sets a second factor up, and logs in with both", async () => {
  ann = await somebody();
  await signUp(ann, "ann", password);
  await heading(ann, "Machines").waitFor();
  await ann.goto(`${server.url}/account`);
  await button(ann, "Set up second factor").click();
  await field(ann, "Your password").fill(password);
  await button(ann, "Go on").click();
  await ann.getByRole("img", { name: "QR code of the secret" }).waitFor();
  secret = (await ann.getByRole("dialog").locator("code").innerText()).replaceAll(/\s/g, "");
  confirmedAt = Date.now();
  await field(ann, "Code").fill(codeAt(secret, confirmedAt));
  await button(ann, "Confirm").click();
  await button(ann, "Done").click();
  await button(ann, "Log out").last().click();
  await welcome(ann).waitFor();
  await logIn(ann, "ann", password);
  // The code that confirmed it is used up; the next step's is taken already.
  await field(ann, "Code").fill(codeAt(secret, confirmedAt + 30_000));
  await button(ann, "Continue").click();
  await heading(ann, "Machines").waitFor();
});

test("an ISO arrives whole, although the page is loaded anew in the middle", async () => {
  const { size } = await stat(iso);
  assert.ok(size >= 10_000_000, `${size} bytes: smaller ones are taken for broken`);
  const wire = await ann.context().newCDPSession(ann);
  await wire.send("Network.enable");
  const throttle = (uploadThroughput) => wire.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await ann.goto(`${server.url}/images`);
  await throttle(1024 * 1024);
  await button(ann, "Add image").click();
  await ann.getByRole("dialog").getByRole("radio", { name: "From this computer" }).click();
  await field(ann, "File").setInputFiles(iso);
  await ann.getByRole("dialog").locator("label").filter({ has: ann.getByRole("checkbox", { name: "Let it in without a checksum" }) }).click();
  await button(ann, "Upload").click();
  const sent = async () => (await call(ann, "/uploads")).items.find((upload) => upload.name === "installer")?.offset ?? 0;
  for (const end = Date.now() + 60_000; (await sent()) < size / 3; ) assert.ok(Date.now() < end, "a third has come");
  await ann.reload();
  const unfinished = ann.getByRole("region", { name: "Unfinished uploads" });
  await unfinished.getByText("installer.iso").waitFor();
  const kept = await sent();
  assert.ok(kept >= size / 3 && kept < size, `${kept} of ${size} bytes were kept`);
  await unfinished.getByRole("button", { name: "Go on" }).click();
  await field(ann, "File").setInputFiles(iso);
  await throttle(-1);
  await button(ann, "Upload").click();
  await ann.getByRole("dialog").waitFor({ state: "detached" });
  const row = ann.getByRole("listitem").filter({ hasText: "installer" });
  await row.getByText(/sha256:/).waitFor();
  const [image] = (await call(ann, "/images")).items;
  assert.deepEqual([image.name, image.format, image.state, image.sizeBytes], ["installer", "iso", "ready", size]);
});

test("a machine boots from it, and its screen is seen", { timeout: 300_000 }, async () => {
  await ann.goto(server.url);
  await button(ann, "Launch the first machine").click();
  await ann.getByRole("dialog").locator("label", { has: ann.locator("input[value=installer]") }).click();
  await field(ann, "Name").fill("mine");
  await button(ann, "Launch").click();
  await ann.waitForURL("**/machines/mine");
  await ann.getByLabel("Console").getByText("Connected").waitFor({ timeout: 120_000 });
  // VGA's blue and GRUB's yellow: what the ISO says, and not the firmware, which writes grey on black.
  const is = (pixel, [red, green, blue]) => Math.abs(pixel[0] - red) < 16 && Math.abs(pixel[1] - green) < 16 && Math.abs(pixel[2] - blue) < 16;
  await until(ann, (screen) => {
    let blue = 0;
    for (let y = 0; y < screen.height; y += 4) for (let x = 0; x < screen.width; x += 4) if (is(screen.at(x, y), [0, 0, 170])) blue++;
    return blue > (screen.width * screen.height) / 16 / 2;
  }, "the screen is blue", 180_000);
  await pictures(ann, "people-iso");
});

test("a second user sees none of it", async () => {
  const bob = await somebody();
  await signUp(bob, "bob", password);
  await heading(bob, "Machines").waitFor();
  await heading(bob, "No machines yet").waitFor();
  for (const path of ["/machines", "/images", "/uploads", "/operations", "/keys", "/snapshots"]) {
    const { items } = await call(bob, path);
    assert.deepEqual(items ?? [], [], path);
  }
  for (const path of ["/machines/mine", "/machines/mine/screen.png", "/machines/mine/logs", "/images/installer"])
    assert.equal(await bob.evaluate((path) => fetch(`/api/v1${path}`).then((answer) => answer.status), path), 404, path);
  await bob.goto(`${server.url}/machines/mine`);
  await bob.getByText(/There is no machine/).first().waitFor();
  await pictures(bob, "people-second-user");
});

test("nothing was fetched from elsewhere, and the content policy held", () => assert.deepEqual(faults.flat(), []));
