// The door in a real Chromium against the real server: sign up, log in, the second factor, and people who see nothing of each other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desktop, pictures, watch } from "./browser.mjs";
import { button, codeAt, field, heading, logIn, password, signUp, welcome } from "./door.mjs";
import { uploadDisk } from "./images.mjs";
import { ended } from "./server.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let server, ann, bob, faults, secret, recovery, confirmedAt;

before(async () => {
  await stage.start(["--Hypervisor=fake", "--Access:SignUp=open"]);
  ({ server } = stage);
  await ended(server.call, (await uploadDisk(server, "blank")).id);
});

after(() => stage.stop());

/** Somebody else's browser. */
async function somebody() {
  const context = await stage.browser.newContext({ viewport: desktop, colorScheme: "light" });
  faults = await watch(context, server.url);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(server.url);
  return page;
}

test("somebody signs up, and is told what is wrong with a name or password", async () => {
  ann = await somebody();
  await welcome(ann).waitFor();
  await pictures(ann, "door-log-in");
  await signUp(ann, "Ann", "short");
  await welcome(ann).getByText("10 to 256 characters").waitFor();
  await pictures(ann, "door-sign-up");
  await signUp(ann, "ann", password);
  await heading(ann, "Machines").waitFor();
  // Images belong to projects, too; what Ann launches is of her own.
  const key = await ann.evaluate(() => fetch("/api/v1/session").then((answer) => answer.json()));
  assert.deepEqual([key.user, key.role, key.project, key.mayChange], ["ann", "member", "ann", true]);
});

test("a second user sees nothing of the first's machines", async () => {
  const launch = await server.call("POST", "/machines", { name: "secret", image: "blank", memoryMiB: 512 });
  await ended(server.call, launch.id);
  await server.call("POST", "/projects", { name: "shared" });
  await stage.open("/");
  await stage.page.getByRole("link", { name: "secret", exact: true }).first().waitFor();
  bob = await somebody();
  await signUp(bob, "bob", password);
  await heading(bob, "Machines").waitFor();
  for (const page of [ann, bob]) {
    await page.goto(`${server.url}/machines/secret`);
    await page.getByText(/no such machine|There is no machine/i).first().waitFor();
    await page.goto(server.url);
    await heading(page, "Machines").waitFor();
    assert.equal(await page.getByText("secret").count(), 0);
    assert.equal(await page.getByRole("link", { name: "Users" }).count(), 0);
  }
});

test("the second factor is set up from a code in the picture, and logging in asks for it", async () => {
  await ann.goto(`${server.url}/account`);
  await button(ann, "Set up second factor").click();
  await field(ann, "Your password").fill(password);
  await button(ann, "Go on").click();
  await ann.getByRole("img", { name: "QR code of the secret" }).waitFor();
  secret = (await ann.getByRole("dialog").locator("code").innerText()).replaceAll(/\s/g, "");
  await pictures(ann, "second-factor");
  await field(ann, "Code").fill("000000");
  await button(ann, "Confirm").click();
  await ann.getByRole("dialog").getByText("a code that the authenticator shows now").waitFor();
  confirmedAt = Date.now();
  await field(ann, "Code").fill(codeAt(secret, confirmedAt));
  await button(ann, "Confirm").click();
  const codes = ann.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await codes.first().waitFor();
  recovery = await codes.allInnerTexts();
  assert.equal(recovery.length, 10);
  await button(ann, "Done").click();
  await ann.getByText("10 of 10 recovery codes are left.").waitFor();
  await pictures(ann, "account");

  await button(ann, "Log out").last().click();
  await welcome(ann).waitFor();
  await logIn(ann, "ann", "something else");
  await welcome(ann).getByText("Name or password is wrong").waitFor();
  await logIn(ann, "ann", password);
  await field(ann, "Code").fill("000000");
  await button(ann, "Continue").click();
  await welcome(ann).getByText("The code is wrong").waitFor();
  await pictures(ann, "door-code");
  // Within the same 30 seconds the code that confirmed it is used up; the next step's is taken already.
  await field(ann, "Code").fill(codeAt(secret, confirmedAt + 30_000));
  await button(ann, "Continue").click();
  await heading(ann, "Machines").waitFor();
});

test("a recovery code lets in once", async () => {
  const again = await somebody();
  for (const entered of [true, false]) {
    await logIn(again, "ann", password);
    await field(again, "Code").fill(recovery[0].toUpperCase());
    await button(again, "Continue").click();
    if (entered) {
      await heading(again, "Machines").waitFor();
      await button(again, "Log out").last().click();
      await welcome(again).waitFor();
    } else await welcome(again).getByText("The code is wrong").waitFor();
  }
});

test("an administrator makes a user a viewer, and keeps one out at once", async () => {
  const { page } = stage;
  await page.getByRole("link", { name: "Users" }).click();
  const rows = page.getByRole("list", { name: "Users" }).getByRole("listitem");
  await rows.filter({ hasText: "ann" }).getByText("second factor").waitFor();
  await page.getByLabel("Role of bob").selectOption("viewer");
  await pictures(page, "users");
  assert.equal((await server.call("GET", "/users/bob")).role, "viewer");
  await bob.goto(`${server.url}/account`);
  await heading(bob, "Account").waitFor();
  await button(page, "More for bob").click();
  await page.getByRole("menuitem", { name: "Keep out" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep out" }).click();
  await rows.filter({ hasText: "bob" }).getByText("kept out").waitFor();
  await bob.goto(server.url);
  await welcome(bob).waitFor();
  await logIn(bob, "bob", password);
  await welcome(bob).getByText("Name or password is wrong").waitFor();
});

test("another project is another set of machines", async () => {
  const { page } = stage;
  await page.getByLabel("Project", { exact: true }).selectOption("shared");
  await page.waitForURL(`${server.url}/`);
  await page.waitForFunction(() => fetch("/api/v1/session").then((answer) => answer.json()).then(({ project }) => project === "shared"));
  await page.getByLabel("Project", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("Project", { exact: true }).inputValue(), "shared");
});

test("nothing was fetched from elsewhere, and the content policy held", () => assert.deepEqual([...faults, ...stage.faults], []));
