import { expect, test, vi } from "vitest";
import { SharedClipboard } from "./clipboard";

function stage(inStep: boolean, own = "") {
  const screen = Object.assign(new EventTarget(), { clipboardPasteFrom: vi.fn() });
  const computer = { text: own, read: vi.fn(() => Promise.resolve(computer.text)), write: vi.fn((text: string) => Promise.resolve(void (computer.text = text))) };
  const shown = vi.fn();
  const shared = new SharedClipboard(screen, computer, () => inStep, shown);
  const copies = (text: string) => screen.dispatchEvent(new CustomEvent("clipboard", { detail: { text } }));
  return { screen, computer, shown, shared, copies };
}

test("out of step a text of the guest is shown and nothing else", async () => {
  const { screen, computer, shown, shared, copies } = stage(false, "mine");
  copies("theirs");
  await shared.used();
  expect(shown).toHaveBeenCalledExactlyOnceWith("theirs");
  expect(computer.write).not.toHaveBeenCalled();
  expect(computer.read).not.toHaveBeenCalled();
  expect(screen.clipboardPasteFrom).not.toHaveBeenCalled();
});

test("in step each has what the other copied, once", async () => {
  const { screen, computer, shared, copies } = stage(true);
  copies("theirs");
  await shared.used();
  expect(computer.text).toBe("theirs");
  expect(screen.clipboardPasteFrom).not.toHaveBeenCalled();
  computer.text = "mine";
  await shared.used();
  await shared.used();
  expect(screen.clipboardPasteFrom).toHaveBeenCalledExactlyOnceWith("mine");
});

test("what the browser refuses is left", async () => {
  const { screen, computer, shown, shared, copies } = stage(true, "mine");
  computer.read.mockRejectedValue(new Error("not allowed"));
  computer.write.mockRejectedValue(new Error("not allowed"));
  copies("theirs");
  await shared.used();
  expect(shown).toHaveBeenCalledExactlyOnceWith("theirs");
  expect(screen.clipboardPasteFrom).not.toHaveBeenCalled();
});

test("what the guest copied while the browser refused it is not written over by what was here before", async () => {
  const { screen, computer, shared, copies } = stage(true, "old");
  await shared.used();
  computer.write.mockRejectedValueOnce(new Error("no focus"));
  copies("theirs");
  await shared.used();
  expect(screen.clipboardPasteFrom).toHaveBeenCalledExactlyOnceWith("old");
});

test("lines that a system ends in its own way are no news, and what is too long stays here", async () => {
  const { screen, computer, shared, copies } = stage(true);
  copies("two\nlines");
  await Promise.resolve();
  computer.text = "two\r\nlines";
  await shared.used();
  computer.text = "x".repeat((1 << 20) + 1);
  await shared.used();
  expect(screen.clipboardPasteFrom).not.toHaveBeenCalled();
});

test("an ended one hears nothing", async () => {
  const { screen, shown, shared, copies } = stage(true, "mine");
  shared.end();
  copies("theirs");
  await shared.used();
  expect(shown).not.toHaveBeenCalled();
  expect(screen.clipboardPasteFrom).not.toHaveBeenCalled();
});
