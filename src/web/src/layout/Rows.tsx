import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./Button";

/** A list within a form that grows row by row. */
export function Rows({ title, hint, errors, onAdd, children }: { title: string; hint?: string | undefined; errors: string[]; onAdd: () => void; children: ReactNode[] }) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="sr-only">{title}</legend>
      <div className="flex items-center justify-between">
        <span aria-hidden className="text-sm font-medium">
          {title}
        </span>
        <button type="button" onClick={onAdd} className="flex items-center gap-1 rounded px-1.5 py-0.5 text-sm text-soft hover:bg-well hover:text-ink">
          <Plus className="size-3.5" /> Add<span className="sr-only"> to {title}</span>
        </button>
      </div>
      {children}
      <p className={`text-xs empty:hidden ${errors.length > 0 ? "text-bad" : "text-faint"}`} role={errors.length > 0 ? "alert" : undefined}>
        {errors.length > 0 ? errors.join(" ") : hint}
      </p>
    </fieldset>
  );
}

export function Row({ label, onRemove, children }: { label: string; onRemove: () => void; children: ReactNode }) {
  return (
    <div className="flex items-center gap-2">
      {children}
      <IconButton label={`Remove ${label}`} onClick={onRemove}>
        <X className="size-4" />
      </IconButton>
    </div>
  );
}

/** A name and its value in a form. */
export type Pair = { name: string; value: string };

/** Names with values, as labels have them. */
export function Pairs(props: { title: string; one: string; hint?: string; pairs: Pair[]; errors: string[]; placeholders?: [name: string, value: string]; onChange: (pairs: Pair[]) => void }) {
  const { title, one, hint, pairs, errors, placeholders = ["name", "value"], onChange } = props;
  const put = (index: number, change: Partial<Pair>) => onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...change } : pair)));
  return (
    <Rows title={title} hint={hint} errors={errors} onAdd={() => onChange([...pairs, { name: "", value: "" }])}>
      {pairs.map((pair, index) => (
        <Row key={index} label={`${one} ${index + 1}`} onRemove={() => onChange(pairs.filter((_, at) => at !== index))}>
          <input aria-label={`Name of ${one} ${index + 1}`} aria-invalid={errors.length > 0} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder={placeholders[0]} value={pair.name} onChange={(event) => put(index, { name: event.target.value })} className="field" />
          <span className="text-xs text-faint">=</span>
          <input aria-label={`Value of ${one} ${index + 1}`} aria-invalid={errors.length > 0} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder={placeholders[1]} value={pair.value} onChange={(event) => put(index, { value: event.target.value })} className="field" />
        </Row>
      ))}
    </Rows>
  );
}

/** Pairs as the server takes them; rows without a name are not meant. */
export function ofPairs(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value]));
}

export function toPairs(map: Record<string, string>): Pair[] {
  return Object.entries(map).map(([name, value]) => ({ name, value }));
}
