import type RFB from "@novnc/novnc";
import { useEffect, useRef, useState } from "react";
import { toast } from "../layout/toasts";
import { openScreen, pauses, serverAnswers, type ScreenStatus, type Way } from "./connection";
import type { Room, Say } from "./room";

/** Between two looks whether a server that is away is back, in milliseconds. */
const lookEvery = 1000;

/**
 * Keeps a screen connected while there is one: connects, waits for a server that is away however long that takes, and tries
 * a few times again when a server that answers does not open it.
 */
export function useScreen(way: Way, which: string, available: boolean) {
  const target = useRef<HTMLDivElement>(null);
  const [status, setStatus] = useState<ScreenStatus>({ is: "idle" });
  const [rfb, setRfb] = useState<RFB>();
  const [room, setRoom] = useState<{ now: Room; say: Say }>();
  const [delay, setDelay] = useState<number>();
  const [attempt, setAttempt] = useState(0);
  const tries = useRef(0);
  const current = useRef(way);
  current.current = way;

  useEffect(() => {
    const element = target.current;
    if (!available || !element) {
      setStatus({ is: "idle" });
      return;
    }
    const given = new AbortController();
    const close = openScreen(element, () => current.current(), {
      ready: setRfb,
      room: (now, say) => setRoom(now && { now, say }),
      took: setDelay,
      refused: (reason) => toast({ tone: "bad", title: "That cannot be done", detail: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` }),
      status: (next) => {
        setStatus(next);
        if (next.is === "connected") tries.current = 0;
        if (next.is === "lost") void again(given.signal, tries).then((now) => now && setAttempt((old) => old + 1));
      },
    });
    return () => {
      given.abort();
      close();
      setRfb(undefined);
      setRoom(undefined);
      setDelay(undefined);
    };
  }, [which, available, attempt]);

  const reconnect = () => {
    tries.current = 0;
    setAttempt((old) => old + 1);
  };
  return { target, status, rfb, room, delay, reconnect, retrying: status.is === "lost" && tries.current < pauses.length };
}

/** Waits until it is worth another try; false when it is not, or nobody wants it any more. */
async function again(signal: AbortSignal, tries: React.RefObject<number>): Promise<boolean> {
  let away = false;
  while (!signal.aborted && !(await serverAnswers(signal))) {
    away = true;
    await pause(lookEvery, signal);
  }
  if (!away) {
    const time = pauses[tries.current];
    if (time === undefined) return false;
    tries.current++;
    await pause(time, signal);
  }
  return !signal.aborted;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
