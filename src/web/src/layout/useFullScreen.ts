import { useEffect, useState } from "react";

/** Keys that the browser keeps for itself otherwise; where it can give them away (Keyboard Lock API, Chromium), a full screen gets all of them. */
const lockable = navigator as Navigator & { keyboard?: { lock?: () => Promise<void>; unlock?: () => void } };

/** Fills the screen with an element, and gives it every key while it does. */
export function useFullScreen(frame: React.RefObject<HTMLElement | null>) {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const follow = () => {
      const full = document.fullscreenElement === frame.current && frame.current !== null;
      setOn(full);
      // A page without a secure context has no such thing, and holding Esc still leaves the full screen.
      if (full) void lockable.keyboard?.lock?.().catch(() => undefined);
      else lockable.keyboard?.unlock?.();
    };
    document.addEventListener("fullscreenchange", follow);
    return () => document.removeEventListener("fullscreenchange", follow);
  }, [frame]);
  return { on, toggle: () => void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen()) };
}
