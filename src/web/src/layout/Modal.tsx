import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useEffect, type ReactNode } from "react";

const widths = { sm: "md:max-w-md", md: "md:max-w-xl", xl: "md:max-w-5xl" };

/**
 * A dialog in front of the page. The veil is ours: Radix's own overlay locks scrolling by adding a style element, which the
 * content policy forbids, so scrolling is locked here by a property of the root element.
 */
export function Modal(props: { open: boolean; onClose: () => void; title: string; description?: ReactNode; width?: keyof typeof widths; children: ReactNode }) {
  const { open, onClose, title, description, width = "md", children } = props;
  useEffect(() => {
    if (!open) return;
    document.documentElement.style.overflow = "hidden";
    return () => void (document.documentElement.style.overflow = "");
  }, [open]);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <div className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          // Focus goes to the dialog itself: a ring around the closing cross would be the first thing seen.
          onOpenAutoFocus={(event) => {
            if ((event.currentTarget as HTMLElement).querySelector("[autofocus], :focus")) return;
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={`fixed inset-x-0 bottom-0 z-40 mx-auto flex max-h-[94dvh] w-full animate-rise flex-col overflow-hidden rounded-t-xl border bg-paper shadow-float outline-none md:inset-x-4 md:top-1/2 md:bottom-auto md:w-auto md:-translate-y-1/2 md:rounded-xl ${widths[width]}`}
        >
          <header className="flex items-start gap-4 border-b px-5 py-3.5">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="text-lg">{title}</Dialog.Title>
              {description && <Dialog.Description className="mt-0.5 text-sm text-soft">{description}</Dialog.Description>}
            </div>
            <Dialog.Close aria-label="Close" className="-mr-1.5 rounded-md p-1.5 text-faint hover:bg-well hover:text-ink">
              <X className="size-4" />
            </Dialog.Close>
          </header>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** The dialog's scrolling middle. */
export function ModalBody({ children }: { children: ReactNode }) {
  return <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-5 py-4">{children}</div>;
}

/** The dialog's row of buttons. */
export function ModalActions({ children }: { children: ReactNode }) {
  return <footer className="flex flex-wrap items-center justify-end gap-2 border-t bg-card px-5 py-3">{children}</footer>;
}
