import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "react";
import { dismiss, toastStore } from "./toasts";

/** Where messages appear: above the navigation on a phone, bottom right elsewhere. */
export function Toasts() {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.get);
  return (
    <Radix.Provider swipeDirection="right" duration={7000}>
      {toasts.map(({ id, tone, title, detail }) => (
        <Radix.Root
          key={id}
          duration={tone === "bad" ? 14_000 : 5000}
          onOpenChange={(open) => !open && dismiss(id)}
          className="flex animate-rise items-start gap-2.5 rounded-lg border bg-card p-3 shadow-float"
        >
          {tone === "bad" ? <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" /> : <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" />}
          <div className="min-w-0 flex-1">
            <Radix.Title className="font-medium">{title}</Radix.Title>
            {detail && <Radix.Description className="mt-0.5 text-sm wrap-break-word text-soft">{detail}</Radix.Description>}
          </div>
          <Radix.Close aria-label="Dismiss" className="-m-1 rounded p-1 text-faint hover:bg-well hover:text-ink">
            <X className="size-3.5" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-20 z-50 flex w-88 max-w-[calc(100vw-2rem)] flex-col gap-2 outline-none md:bottom-4" />
    </Radix.Provider>
  );
}
