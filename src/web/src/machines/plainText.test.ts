import { expect, test } from "vitest";
import { kept, plainText, tail } from "./plainText";

test("colours, cursor moves and titles vanish", () => expect(plainText("\x1b[2J\x1b[1;32mOK\x1b[0m \x1b]0;title\x07done\x1b(B")).toBe("OK done"));
test("a carriage return writes over the line", () => expect(plainText("10%\r20%\r100%\nnext\r\nlast")).toBe("100%\nnext\nlast"));
test("a shorter text leaves the rest of the longer one, as a terminal does", () => expect(plainText("abcdef\rXY")).toBe("XYcdef"));
test("a backspace takes the letter before it", () => expect(plainText("lsx\b \bs")).toBe("lss"));
test("markup stays text", () => expect(plainText("<script>alert(1)</script>")).toBe("<script>alert(1)</script>"));
test("only the end of a long log is kept, from a line's start", () => {
  const cut = tail("first line\n".repeat(kept / 5));
  expect(cut.length).toBeLessThanOrEqual(kept);
  expect(cut.startsWith("first line\n")).toBe(true);
});
