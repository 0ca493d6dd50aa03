import { describe, expect, it } from "vitest";
import { browserName, darkPath, inGroups, isCode } from "./codes";

describe("codes", () => {
  it.each([
    ["123456", true],
    ["123 456", true],
    ["abcd-efgh-2345-mnop", true],
    ["12345", false],
    ["1234567", false],
    ["", false],
    ["abcd-efgh-0189-mnop", false],
  ])("takes %j: %s", (text, good) => expect(isCode(text)).toBe(good));

  it("groups a secret", () => expect(inGroups("ABCDEFGHIJ")).toBe("ABCD EFGH IJ"));

  it("draws runs of dark squares", () => {
    const rows = ["##.", "..#", "#.#"];
    expect(darkPath(3, (row, column) => rows[row]?.[column] === "#")).toBe("M0 0h2v1h-2zM2 1h1v1h-1zM0 2h1v1h-1zM2 2h1v1h-1z");
  });
});

describe("browserName", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1", "Safari on iOS"],
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36", "Chrome on Linux"],
    ["curl/8.5.0", "curl/8.5.0"],
    ["", "Unknown browser"],
  ])("of %j", (agent, name) => expect(browserName(agent)).toBe(name));
});
