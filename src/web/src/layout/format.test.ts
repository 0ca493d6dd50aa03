import { expect, test } from "vitest";
import { ago, bytes, duration, inWords, memory, verb } from "./format";

test.each([[0, "0 B"], [1023, "1023 B"], [1024, "1 KiB"], [1536, "1.5 KiB"], [1024 ** 3 - 1, "1 GiB"], [5 * 1024 ** 4, "5 TiB"]])("%d bytes are %s", (count, text) => expect(bytes(count)).toBe(text));

test.each([[192, "192 MiB"], [1024, "1 GiB"], [1536, "1.5 GiB"], [22_528, "22 GiB"]])("%d MiB are %s", (count, text) => expect(memory(count)).toBe(text));

test.each([[400, "0.4 s"], [0, "0 s"], [9960, "10 s"], [59_600, "1 min"], [185_000, "3 min 5 s"], [7_800_000, "2 h 10 min"], [90_000_000, "1 d 1 h"], [-5, "0 s"]])("%d ms are %s", (ms, text) => expect(duration(ms)).toBe(text));

test.each([[0, "now"], [-12, "now"], [40, "40 s ago"], [300, "5 min ago"], [-7200, "in 2 h"], [260_000, "3 d ago"]])("%d s back is %s", (seconds, text) => {
  const now = Date.parse("2026-06-01T12:00:00Z");
  expect(ago(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
});

test("an operation's kind is read as a verb", () => expect(verb("machine.inject-keys")).toBe("Inject keys"));

test.each([["ca", "CA"], ["publishAddress", "Publish address"], ["memoryMiB", "Memory MiB"], ["tlsVerify", "TLS verify"], ["kernel-version", "Kernel version"], ["sshKey", "SSH key"]])("%s reads %s", (name, text) => expect(inWords(name)).toBe(text));
