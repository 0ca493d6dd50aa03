// Logging in by a real OpenID Connect provider, in a real Chromium: an account is made, connected, refused and kept.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { desktop, pictures } from "./browser.mjs";
import { client, startProvider } from "./provider.mjs";
import { Stage } from "./stage.mjs";

const stage = new Stage();
let provider, server;

before(async () => {
  provider = await startProvider();
  const settings = { Name: "School", Authority: provider.issuer, ClientId: client.id, ClientSecret: client.secret, SignUp: "true", "Domains:0": "school.example" };
  await stage.start(["--Hypervisor=fake", ...Object.entries(settings).map(([name, value]) => `--Access:OpenIdConnect:${name}=${value}`)]);
  ({ server } = stage);
  provider.knows(server.url);
});

after(async () => {
  await stage.stop();
  provider?.stop();
});

/** Somebody at a browser of their own, before our door. */
async function somebody() {
  const context = await stage.browser.newContext({ viewport: desktop, colorScheme: "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(server.url);
  return page;
}

/** Goes to the provider, logs in there and lets it tell us. */
async function logInThere(page, name) {
  await page.getByRole("link", { name: "Continue with School" }).click();
  await answerThere(page, name);
}

async function answerThere(page, name) {
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("anything");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

const heading = (page, name) => page.getByRole("heading", { name, exact: true });
const who = (page) => page.evaluate(() => fetch("/api/v1/session").then((answer) => answer.json()));
const refusal = (page, title) => page.getByRole("dialog").getByText(title).waitFor();

test("somebody whom the provider knows gets an account of their own, once", async () => {
  const page = await somebody();
  await page.getByRole("link", { name: "Continue with School" }).waitFor();
  await pictures(page, "door-provider");
  await logInThere(page, "Mia.Müller");
  await heading(page, "Machines").waitFor();
  const first = await who(page);
  assert.deepEqual([first.user, first.role, first.project], ["mia-m-ller", "member", "mia-m-ller"]);
  const cookies = await page.context().cookies(server.url);
  assert.deepEqual(cookies.filter((cookie) => /Nonce|Correlation/.test(cookie.name)), [], "nothing of the way there is left");
  assert.equal(cookies.find((cookie) => cookie.name === "warren_session").sameSite, "Strict");

  const again = await somebody();
  await logInThere(again, "Mia.Müller");
  await heading(again, "Machines").waitFor();
  assert.equal((await who(again)).user, "mia-m-ller");
  const { items } = await server.call("GET", "/users?limit=200");
  assert.equal(items.filter((user) => user.name.startsWith("mia")).length, 1);
  assert.equal(items.find((user) => user.name === "mia-m-ller").email, "Mia.Müller@school.example");
});

test("a name that is taken here is not theirs, and one that nobody has verified gets nothing", async () => {
  await server.call("POST", "/users", { name: "zoe" });
  const page = await somebody();
  await logInThere(page, "zoe");
  await heading(page, "Machines").waitFor();
  assert.equal((await who(page)).user, "zoe-2");
  const other = await somebody();
  await logInThere(other, "unverified-ann");
  await refusal(other, "You have no account here");
  await pictures(other, "door-provider-refused");
});

test("an account that is there is connected by who has it, and stays closed when it is disabled", async () => {
  const link = await server.call("POST", "/users/zoe/login-links");
  const page = await somebody();
  await page.goto(link.url);
  await heading(page, "Machines").waitFor();
  await page.goto(`${server.url}/account`);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await answerThere(page, "zoe-at-school");
  await page.getByText("zoe-at-school@school.example").waitFor();
  await pictures(page, "account-provider", () => ({ fullPage: true }));

  const elsewhere = await somebody();
  await logInThere(elsewhere, "zoe-at-school");
  await heading(elsewhere, "Machines").waitFor();
  assert.equal((await who(elsewhere)).user, "zoe");

  // What a browser brings back is worth nothing to another session, nor is the way there without its own permit.
  const refused = (path, body) =>
    page.evaluate(([path, body]) => fetch(`/api/v1/account/identities${path}`, { redirect: "manual", ...(body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {}) }).then((answer) => answer.status), [path, body]);
  assert.equal(await refused("", { ticket: "x" }), 403);
  assert.equal(await refused("/connect?permit=x"), 403);
  await page.goto(server.url);
  await page.goto(`${server.url}/account#connect.x`);
  await page.getByText("Begin again on the page of your account").waitFor();

  // Who they are there belongs to one account here.
  const owner = stage.page;
  await owner.goto(`${server.url}/account`);
  await owner.getByRole("button", { name: "Connect", exact: true }).click();
  await answerThere(owner, "zoe-at-school");
  await owner.getByText("connected with another account").waitFor();

  await server.call("PATCH", "/users/zoe", { disabled: true });
  const late = await somebody();
  await logInThere(late, "zoe-at-school");
  await refusal(late, "Your account is disabled");
});

test("the audit trail tells who came by the provider, who was connected and who was not let in", async () => {
  const { items } = await server.call("GET", "/audit?limit=200");
  const told = items.map((entry) => `${entry.action} ${entry.result} ${entry.user ?? "-"} ${entry.problem ?? "-"}`);
  for (const line of ["session.log-in ok mia-m-ller -", "session.log-in refused - provider-no-account", "account.visit-provider ok - -", "account.add-identity ok zoe -", "account.add-identity refused owner conflict", "session.log-in refused - provider-disabled"])
    assert.ok(told.some((said) => said === line), `${line} is not among ${told.join("; ")}`);
});

test("who turns back at the provider, or comes with an answer to nothing, is not logged in", async () => {
  const page = await somebody();
  await page.getByRole("link", { name: "Continue with School" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await refusal(page, "You were not logged in");
  for (const answer of ["?code=x&state=y", "?error=server_error&state=y", "", "?code=x"]) {
    await page.goto(`${server.url}/login/callback${answer}`);
    await refusal(page, "The provider could not log you in");
  }

  // The answer that somebody else's browser was given is worth nothing in this one.
  const victim = await somebody();
  const wire = await victim.context().newCDPSession(victim);
  await wire.send("Fetch.enable", { patterns: [{ urlPattern: "*/login/callback*" }] });
  const stolen = new Promise((found) =>
    wire.on("Fetch.requestPaused", ({ requestId, request }) => {
      found(request.url);
      return wire.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
    }),
  );
  await logInThere(victim, "mallory");
  await page.goto(await stolen);
  await refusal(page, "The provider could not log you in");
  assert.equal((await page.context().cookies(server.url)).some((cookie) => cookie.name === "warren_session"), false);
});
