import { Check, Download, Hammer } from "lucide-react";
import { useEffect, useRef } from "react";
import type { ImageChoice } from "./choices";
import { RadioCard } from "./RadioCard";

/** Images as cards of which one is chosen. */
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
        <RadioCard
          key={choice.value}
          group="image"
          value={choice.value}
          checked={choice.value === value}
          title={choice.title}
          code={choice.value}
          description={choice.description}
          anchor={choice.value === value ? chosen : undefined}
          onChoose={() => onChange(choice)}
        >
          <span className={`mt-1.5 flex items-center gap-1.5 text-xs ${choice.stored ? "text-good" : "text-faint"}`}>
            {choice.stored ? <Check className="size-3.5" /> : choice.cost.startsWith("Built") ? <Hammer className="size-3.5" /> : <Download className="size-3.5" />}
            {choice.cost}
          </span>
        </RadioCard>
      ))}
    </fieldset>
  );
}
