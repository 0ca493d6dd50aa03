// The boot of a real guest, recorded, and played in a real Chromium.
import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { after, before, test } from "node:test";
import { everyWay, picture } from "../browser.mjs";
import { difference, lit, until } from "../canvas.mjs";
import { uploadTiny } from "../images.mjs";
import { ended } from "../server.mjs";
import { Stage } from "../stage.mjs";

const canvas = "[data-testid=recording] canvas";
const stage = new Stage();
let server, page, faults, recording, last;

before(async () => {
  await stage.start();
  ({ server, page, faults } = stage);
  await haveTiny();
});

after(() => stage.stop());

/** The image that was built before, where there is one; else the launch builds it. */
async function haveTiny() {
  const image = await uploadTiny(server, { name: "tiny", defaultUser: "root" });
  if (image) await ended(server.call, image.id);
}

const latest = async () => (await server.call("GET", "/recordings?machine=boot")).items[0];

async function when(holds, what, limit = 180_000) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Not within ${limit / 1000} s: ${what}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** A PNG of the server (8 bits a colour, no filters) as canvas.mjs has screens. */
async function shot(path) {
  const response = await fetch(`${server.url}/api/v1${path}`, { headers: { Authorization: `Bearer ${server.token}` } });
  assert.equal(response.status, 200, path);
  const png = Buffer.from(await response.arrayBuffer());
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const packed = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) if (png.toString("latin1", at + 4, at + 8) === "IDAT") packed.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const rows = inflateSync(Buffer.concat(packed));
  return { width, height, at: (x, y) => [...rows.subarray(y * (width * 3 + 1) + 1 + x * 3, y * (width * 3 + 1) + 4 + x * 3)] };
}

const place = async () => Number(await page.getByRole("slider", { name: "Place in the recording" }).getAttribute("aria-valuenow"));

test("a machine is launched, its screen is recorded from the first picture on, and the page says so", async () => {
  await ended(server.call, (await server.call("POST", "/machines", { name: "boot", image: "tiny", memoryMiB: 512, cpus: 1, recordScreen: true })).id);
  await stage.open("/machines/boot");
  await page.getByRole("tab", { name: "Recordings" }).click();
  await page.getByRole("list").getByText("Recording", { exact: true }).waitFor();
  assert.equal(await page.getByRole("switch", { name: "Record the screen" }).getAttribute("aria-checked"), "true");
  await when(async () => (await latest())?.width > 0, "the screen is seen");
  // Until the boot is through, and nothing moves but a cursor.
  await when(async () => (await server.call("GET", "/machines/boot")).readiness.reached.some(({ rung }) => rung === "agent" || rung === "ssh") || (await latest()).durationSeconds > 60, "it has booted");
  await ended(server.call, (await server.call("POST", "/machines/boot/pause")).id);
  // QEMU draws its cursor now and then, and looks at a still screen every three seconds.
  last = await shot("/machines/boot/screen.png?stable=4000&wait=30");
  assert.ok(lit(last) > 200, "a blank screen proves nothing");
  await when(async () => difference(await shot(`/recordings/${(await latest()).id}/screen.png?at=100000`), last) === 0, "what it shows last is recorded");
  await everyWay(page, (way) => picture(page, `recordings-tab-${way}`, { fullPage: true }));
  await ended(server.call, (await server.call("POST", "/machines/boot/stop", { force: true })).id);
  recording = await when(async () => (await latest()).state === "finished" && (await latest()), "the recording is whole");
  assert.ok(recording.durationSeconds > 3, `${recording.durationSeconds} s`);
});

test("replayed to its end, the canvas is the machine's own last picture, pixel for pixel", async () => {
  await page.getByRole("link", { name: /Play the recording/ }).first().click();
  await page.waitForURL(`**/recordings/${recording.id}`);
  await page.getByLabel("Speed").selectOption("16");
  await page.getByRole("button", { name: "Play again" }).waitFor();
  const shown = await until(page, (screen) => difference(screen, last) === 0, "the last picture", 60_000, canvas);
  assert.equal(difference(shown, last), 0);
  assert.equal(Math.round(await place()), Math.round(recording.durationSeconds));
  await everyWay(page, (way) => picture(page, `player-${way}`, { fullPage: true }));
});

test("a seek by hand, by keys and by the bar lands on the picture of that moment", async () => {
  const slider = page.getByRole("slider", { name: "Place in the recording" });
  await page.getByLabel("Speed").selectOption("1");
  for (const part of [0.5, 0.2, 0.8]) {
    const box = await page.locator("[data-orientation=horizontal]").filter({ has: slider }).first().boundingBox();
    await page.mouse.click(box.x + box.width * part, box.y + box.height / 2);
    await page.waitForFunction(([name, wanted]) => Math.abs(Number(document.querySelector(`[role=slider][aria-label="${name}"]`).getAttribute("aria-valuenow")) - wanted) < 1.5, ["Place in the recording", recording.durationSeconds * part]);
    const at = await place();
    await until(page, async (screen) => difference(screen, await shot(`/recordings/${recording.id}/screen.png?at=${at}`)) === 0, `the picture at ${at} s`, 60_000, canvas);
  }
  await slider.focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector("[role=slider]").getAttribute("aria-valuenow") === "0");
  await until(page, async (screen) => difference(screen, await shot(`/recordings/${recording.id}/screen.png?at=0`)) === 0, "the first picture", 60_000, canvas);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => Math.abs(Number(document.querySelector("[role=slider]").getAttribute("aria-valuenow")) - 5) < 0.1 || Number(document.querySelector("[role=slider]").getAttribute("aria-valuenow")) > 0);
  assert.match(await slider.getAttribute("aria-valuetext"), /seconds of/);
});

test("play and pause by the button and by the space bar", async () => {
  await page.keyboard.press("Home");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.waitForFunction(() => Number(document.querySelector("[role=slider]").getAttribute("aria-valuenow")) > 0.5);
  await page.getByRole("region", { name: "Player" }).focus();
  await page.keyboard.press(" ");
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  const stood = await place();
  await page.evaluate(() => new Promise((done) => setTimeout(done, 600)));
  assert.equal(await place(), stood, "it stands still");
});

test("a recording is deleted after a question, and its page says that there is none", async () => {
  await page.getByRole("button", { name: "More for this recording" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await stage.dialog().getByText("are lost").waitFor();
  await picture(page, "recording-delete");
  await stage.dialog().getByRole("button", { name: "Delete recording" }).click();
  await page.waitForURL("**/machines/boot");
  await stage.open(`/recordings/${recording.id}`);
  await page.getByRole("heading", { name: "There is no such recording" }).waitFor();
});

test("nothing was refused by the content policy and no page failed", () => assert.deepEqual(faults, []));
