import { useEffect, useRef, type ReactNode } from "react";

/** One card: what its radio button stands for, and what is written on it. */
export type Card = { value: string; title: string; code: string; description?: string | undefined; foot: ReactNode; onChoose: () => void };

/** Cards of which one is chosen; it is in sight at first. Native radio buttons underneath, so arrow keys work. */
export function RadioCards({ legend, value, cards }: { legend: string; value: string | undefined; cards: Card[] }) {
  const chosen = useRef<HTMLLabelElement>(null);
  useEffect(() => {
    // In braces: newer browsers return a promise here, which React would take for a clean-up.
    chosen.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <fieldset className="grid grid-cols-1 gap-2 sm:grid-cols-2 md:grid-cols-1">
      <legend className="sr-only">{legend}</legend>
      {cards.map((card) => (
        <label
          key={card.value}
          ref={card.value === value ? chosen : undefined}
          className="relative flex cursor-pointer flex-col rounded-lg border bg-card px-3 py-2.5 transition-colors hover:border-line-strong has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input type="radio" name={legend.toLowerCase()} value={card.value} checked={card.value === value} onChange={card.onChoose} className="sr-only" />
          <span className="flex items-baseline justify-between gap-3">
            <span className="font-semibold">{card.title}</span>
            <code className="truncate font-mono text-xs text-faint">{card.code}</code>
          </span>
          {card.description && <span className="mt-0.5 line-clamp-2 text-sm text-soft">{card.description}</span>}
          {card.foot}
        </label>
      ))}
    </fieldset>
  );
}
