import type RFB from "@novnc/novnc";
import { useEffect, useRef, useState } from "react";
import { SharedClipboard, wantsInStep } from "./clipboard";

const own = {
  read: () => (navigator.clipboard ? navigator.clipboard.readText() : Promise.reject(new Error("not to be had"))),
  write: (text: string) => (navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("not to be had"))),
};

/** The guest's clipboard: what was last copied there, and a way to put something on it. `used` says that its screen is typed at. */
export function useClipboard(rfb: RFB | undefined, used: boolean) {
  const shared = useRef<SharedClipboard>(undefined);
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (!rfb) return;
    const now = new SharedClipboard(rfb, own, wantsInStep, setText);
    shared.current = now;
    return () => {
      now.end();
      setText(undefined);
    };
  }, [rfb]);
  useEffect(() => {
    if (!rfb || !used) return;
    const look = () => void shared.current?.used();
    look();
    // Back from another window, where something may have been copied.
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  }, [rfb, used]);
  return { text, give: (next: string) => shared.current?.give(next), look: () => void shared.current?.used() };
}
