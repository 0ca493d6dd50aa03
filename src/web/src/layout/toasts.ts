import { explain } from "../api/problem";

export type Toast = { id: number; tone: "good" | "bad"; title: string; detail?: string };

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

/** Messages on show, oldest first; at most four, so that a burst of failures does not cover the page. */
export const toastStore = {
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: () => toasts,
};

export function toast(message: Omit<Toast, "id">): void {
  set([...toasts, { ...message, id: ++last }].slice(-4));
}

/** Shows why something was refused. */
export function toastError(error: unknown): void {
  toast({ tone: "bad", ...explain(error) });
}

export function dismiss(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}
