import { expect, test, vi } from "vitest";

// noVNC looks at the browser when it is loaded; the words for a lost connection need none of it.
vi.mock("@novnc/novnc", () => ({ default: class {} }));
const { reasonOf } = await import("./connection");

test.each([
  [{ code: 1000, reason: "the machine closed its screen" }, true, "The machine closed its screen."],
  [{ code: 1006, reason: "" }, false, "The server did not open the screen."],
  [{ code: 1006, reason: "" }, true, "The connection broke."],
  [{ code: 1001, reason: "" }, true, "The server is going away."],
])("%o, opened %s: %s", (close, opened, text) => expect(reasonOf(close, opened)).toBe(text));
