import { Check, Download, Hammer } from "lucide-react";
import { useEffect, useRef } from "react";
import type { ImageChoice } from "./choices";

/** Images as cards of which one is chosen. Native radio buttons underneath, so arrow keys work. */
export function ImageCards({ choices, value, onChange }: { choices: ImageChoice[]; value: string; onChange: (choice: ImageChoice) => void }) {
  const chosen = useRef<HTMLLabelElement>(null);
  useEffect(() => {
    // In braces: newer browsers return a promise here, which React would take for a clean-up.
    chosen.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <fieldset className="grid grid-cols-1 gap-2 sm:grid-cols-2 md:grid-cols-1">
      <legend className="sr-only">Image</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          ref={choice.value === value ? chosen : undefined}
          className="relative flex cursor-pointer flex-col rounded-lg border bg-card px-3 py-2.5 transition-colors hover:border-line-strong has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input type="radio" name="image" value={choice.value} checked={choice.value === value} onChange={() => onChange(choice)} className="sr-only" />
          <span className="flex items-baseline justify-between gap-3">
            <span className="font-semibold">{choice.title}</span>
            <code className="truncate font-mono text-xs text-faint">{choice.value}</code>
          </span>
          {choice.description && <span className="mt-0.5 line-clamp-2 text-sm text-soft">{choice.description}</span>}
          <span className={`mt-1.5 flex items-center gap-1.5 text-xs ${choice.stored ? "text-good" : "text-faint"}`}>
            {choice.stored ? <Check className="size-3.5" /> : choice.cost.startsWith("Built") ? <Hammer className="size-3.5" /> : <Download className="size-3.5" />}
            {choice.cost}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
