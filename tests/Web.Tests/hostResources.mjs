// What is on hosts: networks, machines that move, are cloned or were made elsewhere. Played after hosts "steady" and "silent" were added
// and machine "tenant" runs on the former.
import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./browser.mjs";

export function resourceTests(stage) {
  const { open, dialog, field, state } = stage;

  test("a network is made on a host and removed again", async () => {
    const { page, server } = stage;
    await open("/hosts/steady");
    await page.getByRole("button", { name: "New network" }).click();
    await dialog().getByRole("radio", { name: "Isolated" }).click();
    await field("Name").fill("lab");
    await field("Addresses").fill("8.8.8.0/24");
    await dialog().getByRole("button", { name: "Make network" }).click();
    await dialog().getByRole("alert").filter({ hasText: "a private IPv4 range" }).waitFor();
    await field("Addresses").fill("10.20.30.0/24");
    await dialog().getByRole("button", { name: "Make network" }).click();
    const line = page.getByRole("listitem").filter({ hasText: "10.20.30.0/24" });
    await line.getByText("made here").waitFor();
    await picture(page, "host-networks");
    const { items } = await server.call("GET", "/hosts/steady/networks");
    assert.deepEqual(items.filter((network) => network.ours).map(({ name, kind }) => [name, kind]), [["lab", "isolated"]]);
    // What is not ours cannot be removed here.
    await page.getByRole("button", { name: "Remove network default" }).first().waitFor({ state: "detached" });
    await line.getByRole("button", { name: "Remove network lab" }).click();
    await dialog().getByRole("button", { name: "Remove network" }).click();
    await line.waitFor({ state: "detached" });
  });

  test("a running machine moves to another host, and a stopped one is cloned", async () => {
    const { page, server } = stage;
    await open("/machines/tenant");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Move to another host…" }).click();
    await dialog().getByRole("radio", { name: /^silent/ }).and(page.locator(":disabled")).waitFor({ state: "attached" });
    await dialog().getByRole("radio", { name: /^local/ }).check();
    await picture(page, "migrate");
    await dialog().getByRole("button", { name: "Move machine" }).click();
    const where = page.locator("section", { hasText: "Where it runs" });
    await where.getByRole("link", { name: "local" }).first().waitFor();
    await where.getByText("Moving to").waitFor({ state: "detached" });
    assert.equal((await server.call("GET", "/machines/tenant")).host, "local");

    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Start", exact: true }).waitFor();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Clone…" }).click();
    await dialog().getByRole("button", { name: "Clone" }).click();
    await page.waitForURL("**/machines/tenant-copy");
    await state("running").waitFor();
    await page.getByText("It is a clone of 'tenant'").waitFor();
  });

  test("a machine that was made elsewhere is adopted after a question, and runs on", async () => {
    const { page, server } = stage;
    // libvirt's own test driver comes with a network, storage and one machine, and needs no daemon.
    await server.call("POST", "/hosts", { name: "elsewhere", hypervisor: "libvirt", settings: { uri: "test:///default" } });
    await open("/hosts/elsewhere");
    await page.getByRole("button", { name: "Adopt…" }).click();
    await dialog().getByText("It runs on: nothing is restarted.").waitFor();
    await field("Name here").fill("stranger");
    await picture(page, "adopt");
    await dialog().getByRole("button", { name: "Adopt machine" }).click();
    await page.waitForURL("**/machines/stranger");
    await state("running").waitFor();
    await page.getByText("It was there as 'test' and was adopted.").waitFor();
  });
}
