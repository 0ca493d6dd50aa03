import { Keyboard, Maximize, Minimize, MonitorOff, RotateCw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Machine } from "../api/types";
import { Button, IconButton } from "../layout/Button";
import { allowed } from "../machines/state";
import type { ScreenStatus } from "./connection";
import { useScreen } from "./useScreen";

/** A machine's screen and keyboard, scaled to the space there is. */
export function Console({ machine }: { machine: Machine }) {
  const frame = useRef<HTMLElement>(null);
  const release = useRef<HTMLButtonElement>(null);
  const available = allowed(machine).screen;
  const { target, status, rfb, reconnect, retrying } = useScreen(machine.id, machine.processId ?? undefined, available);
  const full = useFullScreen(frame);
  const [typing, setTyping] = useState(false);

  // The guest takes every key, Tab too. This chord leaves it, for those who work without a mouse.
  const onKey = (event: React.KeyboardEvent) => {
    if (!typing || !event.ctrlKey || !event.altKey || !event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    // noVNC lets go of all keys when the window loses focus; otherwise the guest would see them held down.
    window.dispatchEvent(new Event("blur"));
    release.current?.focus();
  };

  return (
    <section ref={frame} aria-label="Console" className="flex flex-col overflow-hidden rounded-lg border bg-card shadow-card [&:fullscreen]:rounded-none [&:fullscreen]:border-0">
      <header className="flex min-h-10 items-center gap-1 border-b py-1 pr-2 pl-4">
        <h2 className="text-base">Console</h2>
        <Sign status={status} />
        <span className="ml-auto hidden text-xs text-faint lg:inline">{status.is === "connected" && (typing ? "Keys go to the machine. Ctrl+Alt+Shift gives them back." : "Click the screen to type.")}</span>
        <Button ref={release} look="quiet" size="sm" icon={<Keyboard className="size-4" />} disabled={!rfb} onClick={() => rfb?.sendCtrlAltDel()} title="Send Ctrl+Alt+Del to the machine" className="max-sm:px-1.5">
          <span className="max-sm:sr-only">Ctrl+Alt+Del</span>
        </Button>
        <IconButton label="Connect again" disabled={!available} onClick={reconnect}>
          <RotateCw className="size-4" />
        </IconButton>
        <IconButton label={full.on ? "Leave full screen" : "Full screen"} disabled={!available} onClick={full.toggle}>
          {full.on ? <Minimize className="size-4" /> : <Maximize className="size-4" />}
        </IconButton>
      </header>
      <div
        className={`relative bg-screen ${full.on ? "flex-1" : "aspect-[16/10] max-h-[70dvh]"} ${typing ? "outline-2 -outline-offset-2 outline-accent" : ""}`}
        onFocus={() => setTyping(true)}
        onBlur={() => setTyping(false)}
        onKeyDownCapture={onKey}
        onClick={() => rfb?.focus()}
      >
        <div ref={target} data-testid="screen" className="absolute inset-0" />
        {status.is !== "connected" && <Curtain machine={machine} status={status} retrying={retrying} onReconnect={reconnect} />}
      </div>
    </section>
  );
}

function Sign({ status }: { status: ScreenStatus }) {
  const [dot, text] = {
    idle: ["bg-line-strong", "Off"],
    connecting: ["bg-accent animate-breathe", "Connecting"],
    connected: ["bg-good", "Connected"],
    lost: ["bg-bad", "Disconnected"],
  }[status.is] as [string, string];
  return (
    <span role="status" className="ml-2 flex items-center gap-1.5 text-xs text-soft">
      <span className={`size-1.5 rounded-full ${dot}`} />
      {text}
    </span>
  );
}

const being: Partial<Record<Machine["state"], string>> = { creating: "being created", deleting: "being deleted", failed: "off: it failed", unknown: "out of sight" };

function Curtain({ machine, status, retrying, onReconnect }: { machine: Machine; status: ScreenStatus; retrying: boolean; onReconnect: () => void }) {
  const [title, detail] =
    status.is === "lost" ? ["The screen was lost", status.reason] : status.is === "connecting" ? ["Connecting to the screen…", ""] : [`The machine is ${being[machine.state] ?? machine.state}`, machine.state === "deleting" ? "" : "Its screen appears here when it runs."];
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-1 px-6 text-center text-[oklch(0.86_0.01_80)]">
      {status.is === "idle" && <MonitorOff className="mb-2 size-7 stroke-[1.4] opacity-50" />}
      <p className="font-medium">{title}</p>
      {detail && <p className="max-w-md text-sm opacity-70">{detail}</p>}
      {status.is === "lost" && (
        <Button size="sm" className="mt-3 text-ink" onClick={onReconnect} icon={<RotateCw className="size-3.5" />}>
          {retrying ? "Trying again… do it now" : "Connect again"}
        </Button>
      )}
    </div>
  );
}

function useFullScreen(frame: React.RefObject<HTMLElement | null>) {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const follow = () => setOn(document.fullscreenElement === frame.current && frame.current !== null);
    document.addEventListener("fullscreenchange", follow);
    return () => document.removeEventListener("fullscreenchange", follow);
  }, [frame]);
  return { on, toggle: () => void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen()) };
}
