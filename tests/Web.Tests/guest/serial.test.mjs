// The serial console in a real Chromium, on the serial line of a real QEMU guest.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { everyWay, picture } from "../browser.mjs";
import { uploadTiny } from "../images.mjs";
import { ended } from "../server.mjs";
import { Stage } from "../stage.mjs";

const stage = new Stage();
let server, page;
/** What came over the page's serial sockets, each byte a letter, over all connections. */
let heard = "";
const sockets = [];

before(async () => {
  await stage.start();
  ({ server, page } = stage);
  await ended(server.call, (await image()).id);
  await ended(server.call, (await server.call("POST", "/machines", { name: "talks", image: "little" })).id);
  page.on("websocket", (socket) => {
    if (!socket.url().includes("/serial?")) return;
    sockets.push(socket.url());
    socket.on("framereceived", ({ payload }) => (heard += typeof payload === "string" ? "" : payload.toString("latin1")));
  });
}, { timeout: 300_000 });

after(() => stage.stop());

/** The small guest's disk, where one is at hand; else the server makes it. */
const image = async () => (await uploadTiny(server, { name: "little" })) ?? server.call("POST", "/images", { name: "little", catalogue: "tiny" });

const shown = async (at = page) => (await at.locator(".xterm-rows").innerText()).replaceAll("\u00a0", " ");
const shows = (pattern, at = page) => at.waitForFunction(([source, flags]) => new RegExp(source, flags).test(document.querySelector(".xterm-rows")?.innerText.replaceAll("\u00a0", " ") ?? ""), [pattern.source, pattern.flags], { timeout: 120_000 });
/** The shell waits for input: what is typed earlier, the kernel and its firmware eat. */
const prompted = async (from = 0) => {
  while (!heard.slice(from).includes("root@")) await pause(50);
};
const connected = (at = page) => at.getByLabel("Serial console", { exact: true }).getByText("Connected").waitFor();
const type = async (text, at = page) => {
  await at.getByTestId("terminal").click();
  await at.keyboard.type(text, { delay: 10 });
  await at.keyboard.press("Enter");
};
const openConsole = async (at) => {
  await at.goto(`${server.url}/machines/talks`);
  await at.getByRole("tab", { name: "Serial console" }).click();
  await connected(at);
};

test("the terminal begins with what the guest wrote before, and what is typed is answered", { timeout: 180_000 }, async () => {
  await openConsole(page);
  await shows(/\w{4}/);
  await prompted();
  await type("echo answer-$((6*7))");
  await shows(/^answer-42/m);
  // Green in 24 bits, which is a style of its own.
  await type("printf '\\033[38;2;90;200;120mgreen\\033[0m and \\033[1;31mred\\033[0m\\n'");
  await page.waitForFunction(() => [...document.querySelectorAll(".xterm-rows span")].some((span) => span.innerText.startsWith("green") && getComputedStyle(span).color === "rgb(90, 200, 120)"));
  await picture(page, "serial");
});

test("two tabs see the same, and who only looks types nothing", { timeout: 120_000 }, async () => {
  const other = await stage.context.newPage();
  other.setDefaultTimeout(90_000);
  await openConsole(other);
  await shows(/^answer-42/m, other);
  await type("echo from-$((1+1))-tabs");
  await shows(/^from-2-tabs/m, other);
  await other.getByRole("button", { name: "View only" }).click();
  await connected(other);
  await type("echo never-$((2+2))", other);
  await other.getByRole("button", { name: "View only" }).click();
  await connected(other);
  await type("echo then-$((3+3))", other);
  await shows(/^then-6/m);
  assert.doesNotMatch(await shown(), /never-4/);
  await other.close();
});

test("the server restarts while the guest writes, and nothing is lost or doubled", { timeout: 240_000 }, async () => {
  await type("i=0; while [ $i -lt 400 ]; do echo n$i.; i=$((i+1)); usleep 40000; done; echo all-$((5+5))");
  await shows(/^n20\./m);
  const before = sockets.length;
  await server.restart();
  await shows(/^all-10/m);
  assert.ok(sockets.length > before, "it connected again");
  assert.match(sockets.at(-1), /from=\d+/);
  const numbers = [...heard.matchAll(/^n(\d+)\.\r*$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(numbers, Array.from({ length: 400 }, (_, i) => i));
  await type("echo on-$((7+7))");
  await shows(/^on-14/m);
});

test("a keyboard gets out of the terminal, a screen reader can read it, and it fits everywhere", { timeout: 120_000 }, async () => {
  await page.getByTestId("terminal").click();
  await page.keyboard.press("Control+Alt+Shift");
  assert.equal(await page.evaluate(() => document.activeElement.innerText), "View only");
  await page.getByRole("button", { name: "Screen reader" }).click();
  await page.locator(".xterm-accessibility [role=listitem]").filter({ hasText: "on-14" }).first().waitFor();
  await page.getByRole("button", { name: "Screen reader" }).click();
  await everyWay(page, async (way) => {
    await connected();
    await page.getByTestId("terminal").scrollIntoViewIfNeeded();
    await picture(page, `serial-${way}`);
  });
});

test("a machine that goes off says so, and goes on when it is on again", { timeout: 240_000 }, async () => {
  await ended(server.call, (await server.call("POST", "/machines/talks/stop", { force: true })).id);
  await page.getByLabel("Serial console", { exact: true }).getByText("Off").waitFor();
  const before = heard.length;
  await ended(server.call, (await server.call("POST", "/machines/talks/start")).id);
  await connected();
  await prompted(before);
  await type("echo back-$((8+8))");
  await shows(/^back-16/m);
});

test("nothing broke the content policy, failed, or asked another server", () => {
  // While the server is away the page's requests fail, which is no fault of the page's.
  assert.deepEqual(stage.faults, []);
});
