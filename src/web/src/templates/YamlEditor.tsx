import { useId, useRef, type KeyboardEvent, type RefObject } from "react";
import type { TextMistake } from "../api/types";
import { offsetOf } from "./words";

/** Height of a line in pixels, and what stands above the first: the class names below say the same, in pixels too, since nothing may be rounded on a long way down. */
const line = 20;
const above = 8;

/** A plain text with numbered lines. What is wrong in a line is written behind it, and in whole below the text, from where a press leads to the place. */
export function YamlEditor({ value, mistakes, onChange, field }: { value: string; mistakes: readonly TextMistake[]; onChange: (value: string) => void; field: RefObject<HTMLTextAreaElement | null> }) {
  const list = useId();
  const numbers = useRef<HTMLDivElement>(null);
  const behind = useRef<HTMLDivElement>(null);
  const lines = value.split("\n");
  const wrong = byLine(mistakes, lines.length);
  const follow = () => {
    const { scrollTop = 0, scrollLeft = 0 } = field.current ?? {};
    if (numbers.current) numbers.current.style.transform = `translateY(${-scrollTop}px)`;
    if (behind.current) behind.current.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex h-[46dvh] min-h-64 overflow-hidden rounded-lg border border-line-strong bg-card font-mono text-xs leading-[20px] [word-spacing:normal] md:h-[62dvh] focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent">
        <div aria-hidden className="w-11 shrink-0 overflow-hidden border-r bg-well text-right text-faint select-none">
          <div ref={numbers} className="py-[8px]">
            {lines.map((_, index) => (
              <div key={index} className={`h-[20px] pr-2 ${wrong.has(index + 1) ? "bg-bad-wash font-semibold text-bad" : ""}`}>
                {index + 1}
              </div>
            ))}
          </div>
        </div>
        <div className="relative min-w-0 flex-1">
          <div aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden">
            <div ref={behind}>
              {[...wrong].map(([number, all]) => (
                <div key={number} className="absolute left-0 h-[20px] w-2000 bg-bad-wash whitespace-nowrap text-bad" style={{ top: above + (number - 1) * line, paddingLeft: `calc(12px + ${(lines[number - 1]?.length ?? 0) + 2}ch)` }}>
                  {all.map(said).join("; ")}
                </div>
              ))}
            </div>
          </div>
          <textarea
            ref={field}
            aria-label="Text of the template"
            aria-invalid={mistakes.length > 0}
            aria-describedby={list}
            wrap="off"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onKeyDown={keepIndent}
            onScroll={follow}
            className="absolute inset-0 size-full resize-none overflow-auto bg-transparent px-[12px] py-[8px] whitespace-pre outline-none"
          />
        </div>
      </div>
      <ul id={list} aria-label="Mistakes" className="flex flex-col empty:hidden">
        {mistakes.map((mistake, index) => (
          <li key={index}>
            <button type="button" onClick={() => goTo(field.current, mistake)} className="flex w-full items-baseline gap-3 rounded-md px-2 py-1 text-left text-sm hover:bg-well">
              <span className="min-w-11 shrink-0 font-mono text-xs text-faint tabular-nums">
                {mistake.line}:{mistake.column}
              </span>
              <span className="min-w-0 wrap-anywhere text-bad">{said(mistake)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Puts the cursor where a mistake is. */
export function goTo(field: HTMLTextAreaElement | null, mistake: TextMistake): void {
  if (!field) return;
  const at = offsetOf(field.value, mistake.line, mistake.column);
  field.focus();
  field.setSelectionRange(at, at);
  field.scrollTop = Math.max(0, (mistake.line - 5) * line);
}

/** The mistakes of each line that has some; one beyond the text's end is told at its last line. */
function byLine(mistakes: readonly TextMistake[], lines: number): Map<number, TextMistake[]> {
  const found = new Map<number, TextMistake[]>();
  for (const mistake of mistakes) {
    const number = Math.min(Math.max(mistake.line, 1), lines);
    found.set(number, [...(found.get(number) ?? []), mistake]);
  }
  return found;
}

function said({ field, rule }: TextMistake): string {
  return field ? `${field}: ${rule}` : rule;
}

// A new line begins below the one above. The old command is the only way that keeps the browser's own undo.
function keepIndent(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing) return;
  const { value, selectionStart } = event.currentTarget;
  const indent = /^ *(?:- )?/.exec(value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart))![0].replace("-", " ");
  if (indent && document.execCommand("insertText", false, `\n${indent}`)) event.preventDefault();
}
