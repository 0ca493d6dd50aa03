import type RFB from "@novnc/novnc";
import { Keyboard } from "lucide-react";
import { useRef } from "react";
import { IconButton } from "../layout/Button";
import { keysymOf } from "./layouts";

// A field with something in it: what is taken away is told by no event when there is nothing left.
const filler = "\u200b".repeat(8);
const special: Record<string, [keysym: number, code: string]> = { Enter: [0xff0d, "Enter"], Tab: [0xff09, "Tab"], Escape: [0xff1b, "Escape"] };

/** Brings up the keyboard of a device without keys, and sends what is typed on it. */
export function TouchKeyboard({ rfb, disabled }: { rfb: RFB | undefined; disabled: boolean }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const onInput = (event: React.FormEvent<HTMLTextAreaElement>) => {
    const area = event.currentTarget;
    const now = area.value;
    // What a touch keyboard changes at the end is what was typed, corrections too.
    let same = 0;
    while (same < now.length && same < filler.length && now[same] === filler[same]) same++;
    for (let gone = filler.length - same; gone > 0; gone--) rfb?.sendKey(0xff08, "Backspace");
    for (const character of now.slice(same)) rfb?.sendKey(character === "\n" ? 0xff0d : keysymOf(character), null);
    area.value = filler;
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const key = special[event.key];
    if (!key) return;
    event.preventDefault();
    rfb?.sendKey(...key);
  };
  return (
    <span className="relative hidden pointer-coarse:inline-flex">
      <textarea ref={field} aria-label="Keys for the machine" tabIndex={-1} defaultValue={filler} autoCapitalize="off" autoComplete="off" autoCorrect="off" spellCheck={false} onInput={onInput} onKeyDown={onKeyDown} className="absolute size-px resize-none opacity-0" />
      <IconButton label="Keyboard" disabled={disabled} onClick={() => field.current?.focus()}>
        <Keyboard className="size-4" />
      </IconButton>
    </span>
  );
}
