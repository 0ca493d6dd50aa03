import type { ReactNode, Ref } from "react";

/** One of several cards of which one is chosen. A native radio button underneath, so arrow keys work. */
export function RadioCard(props: { group: string; value: string; checked: boolean; title: string; code?: string; description?: string | undefined; anchor?: Ref<HTMLLabelElement> | undefined; onChoose: () => void; children: ReactNode }) {
  const { group, value, checked, title, code, description, anchor, onChoose, children } = props;
  return (
    <label
      ref={anchor}
      className="relative flex cursor-pointer flex-col rounded-lg border bg-card px-3 py-2.5 transition-colors hover:border-line-strong has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
    >
      <input type="radio" name={group} value={value} checked={checked} onChange={onChoose} className="sr-only" />
      <span className="flex items-baseline justify-between gap-3">
        <span className="font-semibold">{title}</span>
        {code && <code className="truncate font-mono text-xs text-faint">{code}</code>}
      </span>
      {description && <span className="mt-0.5 line-clamp-2 text-sm text-soft">{description}</span>}
      {children}
    </label>
  );
}
