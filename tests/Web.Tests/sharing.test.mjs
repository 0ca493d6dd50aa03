// A machine that one person shares with another: it is in the other's list, their screen shows it, and it goes as it came.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desktop, pictures, watch } from "./browser.mjs";
import { button, heading, password, signUp, welcome } from "./door.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, page, bob, faults, machine;

before(async () => {
  await stage.start(["--Hypervisor=fake", "--Access:SignUp=open"]);
  ({ server, page } = stage);
  await ended(server.call, (await uploadDisk(server, "blank")).id);
  const launch = await server.call("POST", "/machines", { name: "desk", image: "blank", memoryMiB: 512 });
  await ended(server.call, launch.id);
  machine = launch.subjectId;
  const context = await stage.browser.newContext({ viewport: desktop, colorScheme: "light" });
  faults = await watch(context, server.url);
  bob = await context.newPage();
  bob.setDefaultTimeout(60_000);
  await bob.goto(server.url);
  await welcome(bob).waitFor();
  await signUp(bob, "bob", password);
  await heading(bob, "Machines").waitFor();
});

after(() => stage.stop());

const connected = (tab) => tab.getByRole("region", { name: "Console" }).getByText("Connected", { exact: true }).waitFor();
const row = (tab) => tab.getByRole("row").filter({ hasText: "desk" });
const people = () => stage.dialog().getByRole("list", { name: "People" });

test("who may change it shares it, and is told when there is no such user", async () => {
  await stage.open("/machines/desk");
  await button(page, "Share").click();
  await stage.dialog().getByRole("radio", { name: "With people" }).click();
  await stage.dialog().getByText("It is shared with nobody.").waitFor();
  await stage.dialog().getByLabel("Name of a user").fill("nobody");
  await stage.dialog().getByLabel("Role", { exact: true }).selectOption("viewer");
  await button(stage.dialog(), "Let in").click();
  await stage.dialog().getByText("There is no user 'nobody'.").waitFor();
  await stage.dialog().getByLabel("Name of a user").fill("bob");
  await button(stage.dialog(), "Let in").click();
  await people().getByText("bob").waitFor();
  await pictures(page, "share-people");
});

test("it comes into the other's list by itself, and its screen can be looked at", async () => {
  await row(bob).getByText(/shared by/).waitFor();
  assert.equal(await row(bob).getByRole("button").count(), 0, "there is nothing to be done by who looks on");
  await pictures(bob, "shared-list");
  await row(bob).getByRole("link", { name: "desk", exact: true }).click();
  assert.match(bob.url(), new RegExp(`/machines/${machine}$`), "by its id: its name may be that of another");
  await heading(bob, "desk").waitFor();
  await connected(bob);
  await bob.getByText("View only", { exact: true }).waitFor();
  assert.equal(await button(bob, "Share").count() + (await button(bob, "Stop").count()) + (await button(bob, "Resize").count()), 0);
  assert.equal(await bob.getByRole("tab", { name: "Snapshots" }).count(), 0);
  await pictures(bob, "shared-machine");
});

test("who is let use it has its buttons, at once", async () => {
  await people().getByLabel("Role of bob").selectOption("member");
  await button(bob, "Stop").waitFor();
  await connected(bob);
  await bob.getByText("View only", { exact: true }).waitFor({ state: "detached" });
});

test("what is taken away is gone at once: the open screen, the page, and the machine from the list", async () => {
  const socket = bob.waitForEvent("websocket");
  await bob.reload();
  const closed = (await socket).waitForEvent("close");
  await connected(bob);
  await button(people(), "Take bob out").click();
  await stage.dialog().getByText("It is shared with nobody.").waitFor();
  await closed;
  await bob.getByText(/There is no machine/).waitFor();
  await bob.goto(server.url);
  await heading(bob, "Machines").waitFor();
  await bob.getByText("desk").waitFor({ state: "detached" });
});

test("whoever it is shared with can leave", async () => {
  await stage.dialog().getByLabel("Name of a user").fill("bob");
  await button(stage.dialog(), "Let in").click();
  await row(bob).getByRole("link", { name: "desk", exact: true }).click();
  await button(bob, "Leave").click();
  await button(bob.getByRole("dialog"), "Leave").click();
  await heading(bob, "Machines").waitFor();
  await bob.getByText("desk").waitFor({ state: "detached" });
  await stage.dialog().getByText("It is shared with nobody.").waitFor();
});

test("nothing broke on the way", () => assert.deepEqual([...stage.faults, ...faults], []));
