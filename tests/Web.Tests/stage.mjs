// A server, a browser and a page that is logged in: what a suite of its own plays on.
import { desktop, startBrowser, watch } from "./browser.mjs";
import { startServer } from "./server.mjs";

export class Stage {
  async start(settings) {
    this.server = await startServer(settings);
    this.browser = await startBrowser();
    this.context = await this.browser.newContext({ viewport: desktop, colorScheme: "light" });
    this.faults = await watch(this.context, this.server.url);
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(90_000);
    await this.page.goto(this.server.login);
    await this.page.getByRole("heading", { name: "Machines", exact: true }).waitFor();
  }

  async stop(leave) {
    await this.browser?.close();
    await this.server?.stop(leave);
  }

  open = (path) => this.page.goto(this.server.url + path);
  dialog = () => this.page.getByRole("dialog");
  field = (name) => this.dialog().getByLabel(name, { exact: true });
  /** Clicks on a box or radio button as people do, on its label: there may be nothing else to be seen of it. */
  choose = async (role, name, wanted = true) => {
    await this.dialog().locator("label").filter({ has: this.page.getByRole(role, { name, checked: !wanted }) }).click();
    await this.dialog().getByRole(role, { name, checked: wanted }).waitFor({ state: "attached" });
  };
  /** The state of the host or machine whose page it is. */
  state = (word, at = this.page) => at.locator("main h1 + div").getByText(word, { exact: true });
}
