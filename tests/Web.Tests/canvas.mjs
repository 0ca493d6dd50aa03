// Looks at the console's canvas: what stands in it, not what the page says of it.

const consoleCanvas = "[data-testid=screen] canvas";

/** The canvas as { width, height, at(x, y) -> [r, g, b], colours }. */
export async function readCanvas(page, canvas = consoleCanvas) {
  const { width, height, data } = await page.locator(canvas).evaluate((element) => {
    const { width, height } = element;
    // Connected, but nothing has been painted yet.
    if (!width || !height) return { width, height, data: "" };
    const pixels = element.getContext("2d").getImageData(0, 0, width, height).data;
    let text = "";
    for (let at = 0; at < pixels.length; at += 32_768) text += String.fromCharCode(...pixels.subarray(at, at + 32_768));
    return { width, height, data: btoa(text) };
  });
  const pixels = Buffer.from(data, "base64");
  const at = (x, y) => [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
  const colours = new Set();
  for (let pixel = 0; pixel < width * height; pixel++) colours.add(pixels.readUIntBE(pixel * 4, 3));
  return { width, height, at, colours: colours.size };
}

/** How many pixels of two screens differ; all of them when their sizes do. */
export function difference(a, b) {
  if (a.width !== b.width || a.height !== b.height) return Infinity;
  let count = 0;
  for (let y = 0; y < a.height; y++) for (let x = 0; x < a.width; x++) if (a.at(x, y).some((value, channel) => value !== b.at(x, y)[channel])) count++;
  return count;
}

/** How many pixels are not black. */
export function lit(screen) {
  let count = 0;
  for (let y = 0; y < screen.height; y++) for (let x = 0; x < screen.width; x++) if (screen.at(x, y).some((value) => value > 0)) count++;
  return count;
}

/** Reads the canvas, frame after frame, until a condition holds. */
export async function until(page, holds, what, limit = 90_000, canvas = consoleCanvas) {
  const end = Date.now() + limit;
  for (;;) {
    const screen = await readCanvas(page, canvas);
    if (await holds(screen)) return screen;
    if (Date.now() > end) throw new Error(`Not within ${limit / 1000} s: ${what}`);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }
}
