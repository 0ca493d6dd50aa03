import { Tooltip } from "radix-ui";
import { useState, type ReactNode } from "react";

/** A few words that show when the pointer or the focus comes near, and at a tap, where nothing hovers. */
export function Hint({ text, label, className = "", children }: { text: ReactNode; label: string; className?: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Tooltip.Provider delayDuration={150}>
      <Tooltip.Root open={open} onOpenChange={setOpen}>
        <Tooltip.Trigger
          type="button"
          aria-label={label}
          // A press would close it again at once.
          onPointerDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.preventDefault();
            setOpen(true);
          }}
          className={className}
        >
          {children}
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Content sideOffset={6} collisionPadding={12} className="z-50 max-w-72 animate-rise rounded-md border bg-card px-2.5 py-1.5 text-sm wrap-anywhere text-ink shadow-float">
            {text}
          </Tooltip.Content>
        </Tooltip.Portal>
      </Tooltip.Root>
    </Tooltip.Provider>
  );
}
