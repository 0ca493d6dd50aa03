import { expect, test } from "vitest";
import { layoutNames, strokesOf } from "./layouts";

const keys = (text: string, layout: Parameters<typeof strokesOf>[1]) => strokesOf(text, layout).strokes.map(({ code, shift, altGr }) => `${altGr ? "AltGr+" : ""}${shift ? "Shift+" : ""}${code}`);

test("the same character is another key on another keyboard", () => {
  expect(keys("z", "us")).toEqual(["KeyZ"]);
  expect(keys("z", "de")).toEqual(["KeyY"]);
  expect(keys("z", "fr")).toEqual(["KeyW"]);
  expect(keys("@", "us")).toEqual(["Shift+Digit2"]);
  expect(keys("@", "gb")).toEqual(["Shift+Quote"]);
  expect(keys("@", "de")).toEqual(["AltGr+KeyQ"]);
  expect(keys("@", "fr")).toEqual(["AltGr+Digit0"]);
  expect(keys("{", "de")).toEqual(["AltGr+Digit7"]);
  expect(keys("\\", "de")).toEqual(["AltGr+Minus"]);
  expect(keys("A1", "fr")).toEqual(["Shift+KeyQ", "Shift+Digit1"]);
});

test("a dead key is followed by a space, so that its character appears", () => expect(keys("^", "de")).toEqual(["Backquote", "Space"]));

test("lines and tabs are keys, too", () => expect(keys("a\r\nb\t", "us")).toEqual(["KeyA", "Enter", "KeyB", "Tab"]));

test.each(layoutNames)("every printable ASCII character is on the keyboard %s", (layout) => {
  const ascii = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join("");
  const { strokes, missing } = strokesOf(ascii, layout);
  expect(missing).toEqual([]);
  for (const { code } of strokes) expect(code).not.toBe("");
  // No two characters share a key and its modifiers.
  const used = strokes.filter(({ dead, code }) => !dead && code !== "Space").map(({ code, shift, altGr }) => `${code} ${shift} ${altGr}`);
  expect(new Set(used).size).toBe(used.length);
});

test("what a keyboard does not have is told", () => expect(strokesOf("añ漢ñ", "us").missing).toEqual(["ñ", "漢"]));
