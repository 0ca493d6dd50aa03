// A disk that is sent from a real Firefox: paused, cut by a reload, gone on with, whole. In Chromium the same is uploads.test.mjs.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { blankDisk } from "./images.mjs";
import { startServer } from "./server.mjs";
import { slowLine } from "./slow.mjs";

const disk = Buffer.concat([blankDisk(), randomBytes(31 * 1024 * 1024)]);
const sha256 = createHash("sha256").update(disk).digest("hex");
const pictures = resolve(import.meta.dirname, "../../artifacts/web");
let server, line, browser, page, folder, file;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wf-"));
  file = join(folder, "my-disk.raw");
  await writeFile(file, disk);
  mkdirSync(pictures, { recursive: true });
  server = await startServer(["--Hypervisor=fake"]);
  line = await slowLine(server.url);
  browser = await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", headless: true });
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 1360, height: 860 });
  await page.goto(server.login.replace(server.url, line.url));
  await page.locator("::-p-text(Launch the first machine)").wait();
});

after(async () => {
  await browser?.close();
  line?.stop();
  await server?.stop();
  await rm(folder, { recursive: true });
});

const sent = async () => (await server.call("GET", "/uploads")).items.find((upload) => upload.name === "my-disk")?.offset ?? 0;

async function comes(bytes) {
  for (const end = Date.now() + 60_000; (await sent()) < bytes; ) assert.ok(Date.now() < end, `${bytes} bytes have come`);
}

const press = (name) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click();

async function choose(path) {
  const input = await page.waitForSelector("dialog input[type=file], [role=dialog] input[type=file]");
  await input.uploadFile(path);
}

test("an upload is paused in Firefox, goes on, is cut by a reload, and arrives whole", async () => {
  await page.goto(`${line.url}/images`);
  line.limit(4 * 1024 * 1024);
  await press("Add image");
  await page.locator("::-p-text(From this computer)").click();
  await choose(file);
  await page.locator('::-p-aria([name="Checksum"][role="textbox"])').fill(`sha256:${sha256}`);
  await press("Upload");
  await comes(1);
  await press("Pause");
  await page.locator("::-p-text(Paused)").wait();
  const paused = await sent();
  assert.ok(paused < disk.length, "it is caught in the middle");
  await page.screenshot({ path: join(pictures, "firefox-paused.png") });
  await press("Go on");
  await comes(paused + 1);

  await page.reload();
  await page.locator("::-p-text(Unfinished uploads)").wait();
  const kept = await sent();
  assert.ok(kept > 0 && kept < disk.length, `${kept} bytes were kept`);
  await press("Go on");
  await choose(file);
  line.limit(Infinity);
  await press("Upload");
  await page.locator(`::-p-text(sha256:${sha256.slice(0, 24)})`).wait();
  await page.screenshot({ path: join(pictures, "firefox-done.png") });
  const image = await server.call("GET", "/images/my-disk");
  assert.deepEqual([image.state, image.sha256, image.sizeBytes], ["ready", sha256, disk.length]);
});
