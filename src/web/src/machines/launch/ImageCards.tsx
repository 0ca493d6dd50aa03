import { Check, Download, Hammer } from "lucide-react";
import type { ImageChoice } from "./choices";
import { RadioCards } from "./RadioCards";

/** Images as cards of which one is chosen. */
export function ImageCards({ choices, value, onChange }: { choices: ImageChoice[]; value: string; onChange: (choice: ImageChoice) => void }) {
  const cards = choices.map((choice) => ({
    value: choice.value,
    title: choice.title,
    code: choice.value,
    description: choice.description,
    foot: (
      <span className={`mt-1.5 flex items-center gap-1.5 text-xs ${choice.stored ? "text-good" : "text-faint"}`}>
        {choice.stored ? <Check className="size-3.5" /> : choice.cost.startsWith("Built") ? <Hammer className="size-3.5" /> : <Download className="size-3.5" />}
        {choice.cost}
      </span>
    ),
    onChoose: () => onChange(choice),
  }));
  return <RadioCards legend="Image" value={value} cards={cards} />;
}
