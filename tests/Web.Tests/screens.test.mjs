// A shared screen in a real Chromium against the real server: who is here, links, take-over, and a server that is cut off.
// The host is an imitation whose screen shows a square for each key.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { picture, pictures, watch } from "./browser.mjs";
import { difference, readCanvas, until } from "./canvas.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, page, machine;

before(async () => {
  await stage.start(["--Hypervisor=fake"]);
  ({ server, page } = stage);
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  machine = (await ended(server.call, (await server.call("POST", "/machines", { name: "web", image: "blank", memoryMiB: 512 })).id)).subjectId;
  await stage.open("/machines/web");
  await connected(page);
});

after(() => stage.stop());

const connected = (tab) => tab.getByLabel("Console").getByText("Connected").waitFor();
const here = (tab, count) => tab.getByRole("button", { name: `Who is here: ${count}` });
const press = async (tab, key) => {
  await tab.getByTestId("screen").locator("canvas").click();
  await tab.keyboard.press(key);
};

/** The colour that the imitated screen gives a key. */
const colour = (key) => [(255 - key.charCodeAt(0)) & 255, (key.charCodeAt(0) * 7) & 255, (key.charCodeAt(0) * 13) & 255];
/** Waits until these are the keys that the machine has seen, and no others. */
const seesKeys = (tab, keys) =>
  until(tab, (screen) => [...keys].every((key, at) => String(screen.at(at * 8 + 4, 4)) === String(colour(key))) && String(screen.at(keys.length * 8 + 4, 4)) === String(screen.at(screen.width - 1, 20)), `the keys ${keys}`);

let guest, anna, link;

test("a link is made, and whoever has it looks on without an account", async () => {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await stage.field("For whom").fill("the class");
  await picture(page, "share-make");
  await stage.dialog().getByRole("button", { name: "Make link" }).click();
  link = await stage.dialog().locator("code").innerText();
  assert.match(link, /\/shared#[0-9a-f]{64}$/);
  await stage.dialog().getByText("the class").waitFor();
  await picture(page, "share-made");
  await stage.dialog().getByRole("button", { name: "Done" }).click();

  guest = await stage.browser.newContext({ viewport: { width: 1100, height: 900 }, colorScheme: "dark" });
  guest.faults = await watch(guest, server.url);
  anna = await guest.newPage();
  anna.setDefaultTimeout(90_000);
  await anna.goto(link);
  await anna.getByLabel("Your name").fill("Anna");
  assert.equal(new URL(anna.url()).hash, "", "the secret is not left in the address");
  await picture(anna, "shared-door");
  await anna.getByRole("button", { name: "Look" }).click();
  await connected(anna);
  await anna.getByText("View only").waitFor();
  await until(anna, (screen) => screen.colours > 1, "the machine's picture");
  await here(page, 2).click();
  await page.getByRole("list", { name: "Who is here" }).getByText("Anna").waitFor();
  await picture(page, "who-is-here");
  await page.keyboard.press("Escape");
  await press(anna, "x");
  await press(page, "1");
  await seesKeys(page, "1");
  // An account's door is still shut.
  await anna.goto(`${server.url}/machines/web`);
  await anna.waitForURL("**/login");
  await anna.goto(`${server.url}/shared`);
  await anna.getByLabel("Your name").fill("Anna");
  await anna.getByRole("button", { name: "Look" }).click();
  await connected(anna);
});

test("the guest asks for the control, is given it, and loses it again", async () => {
  await here(anna, 2).click();
  await anna.getByRole("button", { name: "Ask for the control" }).click();
  await anna.getByText("You have asked for the control.").waitFor();
  const question = page.getByRole("alert").filter({ hasText: "Anna asks for the control." });
  await question.waitFor();
  await picture(page, "asks-for-control");
  await question.getByRole("button", { name: "Let Anna control" }).click();
  await anna.getByText("View only").waitFor({ state: "detached" });
  await anna.keyboard.press("Escape");
  await picture(anna, "shared-screen");
  await press(anna, "2");
  await seesKeys(page, "12");
  await here(page, 2).click();
  await page.getByRole("button", { name: "Take back" }).click();
  await anna.getByText("View only").waitFor();
  await page.keyboard.press("Escape");
});

test("whoever takes over controls the machine alone until the screen is released", async () => {
  const other = await stage.context.newPage();
  await other.goto(`${server.url}/machines/web`);
  await connected(other);
  await here(other, 3).click();
  await other.getByRole("button", { name: "Take over" }).click();
  await page.getByText("View only").waitFor();
  await press(page, "y");
  await other.keyboard.press("Escape");
  await press(other, "3");
  await seesKeys(other, "123");
  await other.close();
  await page.getByText("View only").waitFor({ state: "detached" });
});

test("a text is typed key by key, and keys that a system keeps are sent from the menu", async () => {
  await page.getByRole("button", { name: "Screen and keys" }).click();
  await page.getByRole("menuitem", { name: "Type a text…" }).click();
  await stage.field("Text").fill("ñ");
  await stage.dialog().getByRole("alert").filter({ hasText: "This keyboard has no ñ" }).waitFor();
  await stage.field("Text").fill("ab");
  await picture(page, "type-a-text");
  await stage.dialog().getByRole("button", { name: "Type it" }).click();
  await stage.dialog().waitFor({ state: "detached" });
  await seesKeys(page, "123ab");
  await page.getByRole("button", { name: "Screen and keys" }).click();
  await page.getByRole("menuitem", { name: "Send keys" }).hover();
  await page.getByRole("menuitem", { name: "Ctrl+Alt+F2" }).waitFor();
  await picture(page, "screen-menu");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByTitle("The time to the server and back").waitFor();
});

/** Copies in the imitated guest, by its serial line. */
const copyInGuest = (text) =>
  page.evaluate(
    (line) =>
      new Promise((done, failed) => {
        const socket = new WebSocket("/api/v1/machines/web/serial");
        let heard = "";
        socket.binaryType = "arraybuffer";
        socket.onopen = () => socket.send(new TextEncoder().encode(line));
        socket.onmessage = ({ data }) => {
          heard += typeof data === "string" ? "" : new TextDecoder().decode(data);
          if (heard.includes(line)) socket.close();
        };
        socket.onclose = done;
        socket.onerror = failed;
      }),
    `copy ${text}\r`,
  );

const openClipboard = async () => {
  await page.getByRole("button", { name: "Screen and keys" }).click();
  await page.getByRole("menuitem", { name: "Clipboard…" }).click();
};
const ownClipboard = () => page.evaluate(() => navigator.clipboard.readText());

test("the guest's clipboard is shown, and kept in step with one's own when that is wanted", async () => {
  await stage.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await page.evaluate(() => navigator.clipboard.writeText("mine"));
  await copyInGuest("from the guest");
  await openClipboard();
  await page.waitForFunction(() => document.querySelector("[role=dialog] textarea")?.value === "from the guest");
  await pictures(page, "clipboard");
  assert.equal(await ownClipboard(), "mine", "nobody wanted it there");
  await stage.dialog().getByRole("button", { name: "Copy", exact: true }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === "from the guest");
  await stage.choose("checkbox", /Keep in step/);
  await stage.dialog().getByRole("button", { name: "Close" }).click();
  await stage.dialog().waitFor({ state: "detached" });
  await copyInGuest("once more");
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === "once more");
  // What is copied here is the guest's when its screen is used.
  await page.evaluate(() => navigator.clipboard.writeText("here and there"));
  await page.getByTestId("screen").locator("canvas").click();
  await openClipboard();
  await page.waitForFunction(() => document.querySelector("[role=dialog] textarea")?.value === "here and there");
  await stage.field("On the guest's clipboard").fill("put there");
  await stage.dialog().getByRole("button", { name: "Put it there" }).click();
  await stage.dialog().waitFor({ state: "detached" });
});

test("the list shows small pictures of machines that are on", async () => {
  const list = await stage.context.newPage();
  await list.goto(`${server.url}/`);
  await list.waitForFunction(() => document.querySelector("img[alt='The screen of web']")?.naturalWidth > 0);
  await picture(list, "machines-thumbnails");
  await list.close();
});

test("everybody sees the same picture", async () => {
  await until(page, async (screen) => difference(screen, await readCanvas(anna)) === 0, "two canvases alike");
});

test("a link that is ended lets nobody stay", async () => {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await stage.dialog().getByRole("button", { name: "End the link the class" }).click();
  await anna.getByText("The link does not work").or(anna.getByText("It is over, or was taken back.")).first().waitFor();
  await picture(anna, "shared-over");
  await stage.dialog().getByRole("button", { name: "Cancel" }).click();
  await here(page, 1).waitFor();
});

test("the connections tell who was there", async () => {
  await page.getByRole("tab", { name: "Connections" }).click();
  const list = page.getByRole("list", { name: "Connections" });
  await list.getByRole("listitem").filter({ hasText: "Anna" }).filter({ hasText: "by a link" }).first().waitFor();
  await list.getByText("connected ·").waitFor();
  await picture(page, "connections", { fullPage: true });
});

test("a server that was cut off is back: the screen comes back by itself within 3 s", async () => {
  const away = await stage.browser.newContext({ viewport: { width: 1280, height: 900 } });
  const tab = await away.newPage();
  await tab.goto((await server.call("POST", "/login-links")).url);
  await tab.getByRole("heading", { name: "Machines", exact: true }).waitFor();
  await tab.goto(`${server.url}/machines/web`);
  await connected(tab);
  const begin = await server.cut();
  await tab.getByText("The screen was lost").waitFor();
  const back = await begin();
  await connected(tab);
  const took = performance.now() - back;
  assert.ok(took < 3000, `it took ${Math.round(took)} ms`);
  await until(tab, (screen) => screen.colours > 1, "the machine's picture");
  await press(tab, "4");
  // The imitated machine forgets its keys with its host's process.
  await seesKeys(tab, "4");
  console.log(`the screen was back ${Math.round(took)} ms after the server`);
  await away.close();
});

test("the shared page and the console read well in both themes and on a phone", async () => {
  const fresh = (await server.call("POST", `/machines/${machine}/shares`, { role: "view" })).url;
  await anna.goto("about:blank");
  await anna.goto(fresh);
  await anna.getByRole("button", { name: "Look" }).click();
  await connected(anna);
  await pictures(anna, "shared");
  await guest.close();
});
