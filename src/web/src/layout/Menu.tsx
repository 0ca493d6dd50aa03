import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

export type MenuItem = { label: string; icon: ReactNode; onSelect: () => void; danger?: boolean; disabled?: boolean };

/** Further actions behind three dots. Not modal: a modal menu locks scrolling by a style element, which the content policy forbids. */
export function Menu({ label, items }: { label: string; items: MenuItem[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger aria-label={label} title={label} className="inline-flex size-7 items-center justify-center rounded-md text-soft hover:bg-well hover:text-ink data-[state=open]:bg-well">
        <Ellipsis className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} collisionPadding={8} className="z-30 min-w-44 animate-rise rounded-lg border bg-card p-1 shadow-float">
          {items.map(({ label: text, icon, onSelect, danger = false, disabled = false }) => (
            <DropdownMenu.Item
              key={text}
              disabled={disabled}
              onSelect={onSelect}
              className={`flex items-center gap-2.5 rounded-md px-2 py-1.5 outline-none select-none data-disabled:opacity-40 data-highlighted:bg-well ${danger ? "text-bad" : ""}`}
            >
              <span className="[&>svg]:size-4">{icon}</span>
              {text}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
