// A real Chromium, and pages that remember everything they should not have done.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { chromium } from "playwright-core";

const artifacts = resolve(import.meta.dirname, "../../artifacts/web");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const desktop = { width: 1360, height: 860 };
export const phone = { width: 390, height: 844 };

export const startBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags });

/** A context whose pages collect violations of the content policy, uncaught errors and requests to anywhere else. */
export async function watch(context, origin) {
  const faults = [];
  await context.exposeBinding("reportViolation", (_, text) => faults.push(`policy: ${text}`));
  await context.addInitScript(() =>
    document.addEventListener("securitypolicyviolation", (event) => reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`)),
  );
  context.on("page", (page) => page.on("pageerror", (error) => faults.push(`error: ${error.stack}`)));
  context.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url)) faults.push(`stranger: ${url}`);
  });
  return faults;
}

/** Keeps a picture of the page under artifacts/web. */
export async function picture(page, name, options = {}) {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: `${artifacts}/${name}.png`, animations: "disabled", ...options });
}

/** Widths by which a page's content runs out of its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/** Does something with the page wide and narrow, in the light and in the dark; nothing may run out of the window. Then it is as before. */
export async function everyWay(page, look) {
  for (const [size, viewport] of Object.entries({ desktop, phone }))
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await look(`${size}-${colorScheme}`, size);
      assert.ok((await overflow(page)) <= 0, `${page.url()} is wider than a ${size}`);
    }
  await page.setViewportSize(desktop);
  await page.emulateMedia({ colorScheme: "light" });
}

/** Pictures of what is to be seen. */
export const pictures = (page, name, options = () => ({})) => everyWay(page, (way, size) => picture(page, `${name}-${way}`, options(size)));
