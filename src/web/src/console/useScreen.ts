import type RFB from "@novnc/novnc";
import { useEffect, useRef, useState } from "react";
import { openScreen, pauses, type ScreenStatus } from "./connection";

/**
 * Keeps a machine's screen connected while it has one: connects, tries again a few times when the connection breaks, and
 * again whenever the machine has been switched on anew.
 */
export function useScreen(machine: string, processId: number | undefined, available: boolean) {
  const target = useRef<HTMLDivElement>(null);
  const [status, setStatus] = useState<ScreenStatus>({ is: "idle" });
  const [rfb, setRfb] = useState<RFB>();
  const [attempt, setAttempt] = useState(0);
  const tries = useRef(0);

  useEffect(() => {
    const element = target.current;
    if (!available || !element) {
      setStatus({ is: "idle" });
      return;
    }
    let retry: ReturnType<typeof setTimeout> | undefined;
    const close = openScreen(element, machine, {
      ready: setRfb,
      status: (next) => {
        setStatus(next);
        if (next.is === "connected") tries.current = 0;
        const pause = next.is === "lost" ? pauses[tries.current] : undefined;
        if (pause === undefined) return;
        tries.current++;
        retry = setTimeout(() => setAttempt((old) => old + 1), pause);
      },
    });
    return () => {
      clearTimeout(retry);
      close();
      setRfb(undefined);
    };
  }, [machine, processId, available, attempt]);

  const reconnect = () => {
    tries.current = 0;
    setAttempt((old) => old + 1);
  };
  return { target, status, rfb, reconnect, retrying: status.is === "lost" && tries.current < pauses.length };
}
