import { useSyncExternalStore } from "react";
import { ago } from "./format";

// One clock for the page. It moves every five seconds; nothing here is read closer than that.
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

const clock = {
  subscribe: (listener: () => void) => {
    if (listeners.size === 0) now = Date.now();
    listeners.add(listener);
    timer ??= setInterval(() => {
      now = Date.now();
      for (const one of listeners) one();
    }, 5000);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  },
  get: () => now,
};

export function useNow(): number {
  return useSyncExternalStore(clock.subscribe, clock.get);
}

/** A moment as its distance from now, with the exact time on hover. */
export function Ago({ at }: { at: string }) {
  const current = useNow();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="whitespace-nowrap">
      {ago(at, current)}
    </time>
  );
}
