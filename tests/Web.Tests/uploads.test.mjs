// A disk that is sent from a real Chromium: paused, cut by a reload, gone on with, whole.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { picture } from "./browser.mjs";
import { blankDisk } from "./images.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
const disk = Buffer.concat([blankDisk(), randomBytes(31 * 1024 * 1024)]);
const sha256 = createHash("sha256").update(disk).digest("hex");
let page, folder, file, wire;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wu-"));
  file = join(folder, "My Disk.raw");
  await writeFile(file, disk);
  await stage.start(["--Hypervisor=fake"]);
  ({ page } = stage);
  page.setDefaultTimeout(30_000);
  wire = await stage.context.newCDPSession(page);
  await wire.send("Network.enable");
});

after(async () => {
  await stage.stop();
  await rm(folder, { recursive: true });
});

/** Bytes a second that the browser may send; -1 for all that it can. */
const throttle = (uploadThroughput) => wire.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
const known = async () => (await stage.server.call("GET", "/uploads")).items;
const sent = async () => (await known()).find((upload) => upload.name === "my-disk")?.offset ?? 0;

/** Waits until this many bytes more have come. */
async function comes(more) {
  const before = await sent();
  for (const end = Date.now() + 60_000; (await sent()) < before + more; ) assert.ok(Date.now() < end, `more than ${before} bytes`);
}

test("an upload is paused, and goes on where it was", async () => {
  await stage.open("/images");
  await throttle(4 * 1024 * 1024);
  await page.getByRole("button", { name: "Add image" }).click();
  await stage.dialog().getByRole("radio", { name: "From this computer" }).click();
  await stage.field("File").setInputFiles(file);
  assert.equal(await stage.field("Name").inputValue(), "my-disk");
  await stage.field("Checksum").fill(`sha256:${sha256}`);
  await stage.dialog().getByRole("button", { name: "Upload" }).click();
  await comes(1024 * 1024);
  await stage.dialog().getByRole("button", { name: "Pause" }).click();
  await stage.dialog().getByText("Paused").waitFor();
  await picture(page, "upload-paused");
  const paused = await sent();
  await stage.dialog().getByRole("button", { name: "Go on" }).click();
  await stage.dialog().getByText("Sending").waitFor();
  await comes(1024 * 1024);
  assert.ok((await sent()) > paused);
});

test("a page that is loaded anew in the middle goes on with it, and the content is right", async () => {
  await page.reload();
  const unfinished = page.getByRole("region", { name: "Unfinished uploads" });
  await unfinished.getByText("My Disk.raw").waitFor();
  await picture(page, "upload-unfinished");
  const kept = await sent();
  assert.ok(kept > 2 * 1024 * 1024 && kept < disk.length, `${kept} bytes were kept`);

  await unfinished.getByRole("button", { name: "Go on" }).click();
  const other = join(folder, "other.raw");
  await writeFile(other, blankDisk());
  await stage.field("File").setInputFiles(other);
  await stage.dialog().getByText("the file that was begun has").waitFor();
  assert.ok(await stage.dialog().getByRole("button", { name: "Upload" }).isDisabled(), "another file does not go on with it");
  await stage.field("File").setInputFiles(file);
  await throttle(-1);
  const pieces = [];
  page.on("request", (request) => request.method() === "PATCH" && pieces.push(Number(request.headers()["upload-offset"])));
  await stage.dialog().getByRole("button", { name: "Upload" }).click();
  await page.getByRole("listitem").filter({ hasText: "my-disk" }).getByText(`sha256:${sha256.slice(0, 24)}`).waitFor();
  assert.ok(pieces[0] >= kept, `it went on at ${pieces[0]}, and ${kept} were there`);
  await picture(page, "upload-done");
  const image = await stage.server.call("GET", "/images/my-disk");
  assert.equal(image.sha256, sha256);
  assert.equal(await unfinished.count(), 0);
});

test("an upload is given up, and nothing of it stays", async () => {
  await throttle(1024 * 1024);
  await page.getByRole("button", { name: "Add image" }).click();
  await stage.dialog().getByRole("radio", { name: "From this computer" }).click();
  await stage.field("File").setInputFiles(file);
  await stage.field("Name").fill("never");
  await stage.choose("checkbox", "Let it in without a checksum");
  await stage.dialog().getByRole("button", { name: "Upload" }).click();
  await stage.dialog().getByRole("button", { name: "Give up" }).click();
  await stage.dialog().waitFor({ state: "detached" });
  assert.deepEqual((await known()).filter((upload) => upload.name === "never"), []);
  assert.deepEqual(stage.faults, []);
});
