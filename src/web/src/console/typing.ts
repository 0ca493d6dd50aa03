import type RFB from "@novnc/novnc";
import type { Stroke } from "./layouts";

const held = { shift: [0xffe1, "ShiftLeft"], altGr: [0xfe03, "AltRight"] } as const;

/** A guest's keyboard takes no more at once: PS/2 holds 16 bytes, and a key takes up to four. */
const pace = 25;

/** Types strokes one after the other; ends early when the signal says so. */
export async function typeStrokes(rfb: RFB, strokes: readonly Stroke[], signal: AbortSignal, progress: (typed: number) => void): Promise<void> {
  for (const [at, stroke] of strokes.entries()) {
    if (signal.aborted) return;
    const modifiers = [...(stroke.shift ? [held.shift] : []), ...(stroke.altGr ? [held.altGr] : [])];
    for (const [keysym, code] of modifiers) rfb.sendKey(keysym, code, true);
    rfb.sendKey(stroke.keysym, stroke.code);
    for (const [keysym, code] of modifiers.toReversed()) rfb.sendKey(keysym, code, false);
    progress(at + 1);
    await new Promise((done) => setTimeout(done, pace));
  }
}

/** Keys that a browser or its system keeps for itself, to be sent from a menu. */
export const combinations: readonly (readonly [name: string, keys: readonly (readonly [keysym: number, code: string])[]])[] = [
  ["Ctrl+Alt+Del", [[0xffe3, "ControlLeft"], [0xffe9, "AltLeft"], [0xffff, "Delete"]]],
  ["Alt+Tab", [[0xffe9, "AltLeft"], [0xff09, "Tab"]]],
  ["Alt+F4", [[0xffe9, "AltLeft"], [0xffc1, "F4"]]],
  ["Ctrl+Esc", [[0xffe3, "ControlLeft"], [0xff1b, "Escape"]]],
  ["Super", [[0xffeb, "MetaLeft"]]],
  ["Print Screen", [[0xff61, "PrintScreen"]]],
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => [`Ctrl+Alt+F${n}`, [[0xffe3, "ControlLeft"], [0xffe9, "AltLeft"], [0xffbd + n, `F${n}`]]] as const),
];

/** Presses keys together and lets them go in the opposite order. */
export function pressTogether(rfb: RFB, keys: readonly (readonly [keysym: number, code: string])[]): void {
  for (const [keysym, code] of keys) rfb.sendKey(keysym, code, true);
  for (const [keysym, code] of keys.toReversed()) rfb.sendKey(keysym, code, false);
}
