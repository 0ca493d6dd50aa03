import { Maximize, Minimize, RotateCw } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button, IconButton } from "../layout/Button";
import { ClipboardDialog } from "./ClipboardDialog";
import type { ScreenStatus, Way } from "./connection";
import { PasteText } from "./PasteText";
import { Asking, Room } from "./WhoIsHere";
import { selfIn } from "./room";
import { ScreenMenu, type Fit } from "./ScreenMenu";
import { TouchKeyboard } from "./TouchKeyboard";
import { useFullScreen } from "../layout/useFullScreen";
import { useClipboard } from "./useClipboard";
import { useScreen } from "./useScreen";

/** What stands before a screen that shows nothing. */
export type Absence = { title: string; detail?: string; icon?: ReactNode };

/** A screen and its keyboard, scaled to the space there is, with who else is here. */
export function ScreenFrame(props: { way: Way; which: string; available: boolean; absent: Absence; title: string; actions?: ReactNode; tall?: boolean }) {
  const { way, which, available, absent, title, actions, tall = false } = props;
  const frame = useRef<HTMLElement>(null);
  const release = useRef<HTMLButtonElement>(null);
  const [fit, setFit] = useState<Fit>("scale");
  const [dialog, setDialog] = useState<"text" | "clipboard">();
  const { target, status, rfb, room, delay, reconnect, retrying } = useScreen(way, which, available);
  const full = useFullScreen(frame);
  const [typing, setTyping] = useState(false);
  const clipboard = useClipboard(rfb, typing);
  const looksOnly = selfIn(room?.now)?.role === "view";

  // noVNC then draws the pointer as one that does nothing.
  useEffect(() => {
    if (rfb) rfb.viewOnly = looksOnly;
  }, [rfb, looksOnly]);

  useEffect(() => {
    if (!rfb) return;
    rfb.scaleViewport = fit !== "actual";
    rfb.clipViewport = fit === "actual";
    rfb.dragViewport = fit === "actual" && looksOnly;
    rfb.resizeSession = fit === "resize";
  }, [rfb, fit, looksOnly]);

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
        <h2 className="truncate text-base">{title}</h2>
        <Sign status={status} />
        {status.is === "connected" && delay !== undefined && <Delay milliseconds={delay} />}
        {status.is === "connected" && looksOnly && <span className="ml-1 rounded-full bg-well px-2 py-0.5 text-xs font-medium text-soft">View only</span>}
        <span className="ml-auto hidden text-xs text-faint xl:inline">
          {status.is === "connected" && !looksOnly && (typing ? "Keys go to the machine. Ctrl+Alt+Shift gives them back." : "Click the screen to type.")}
        </span>
        <span className="ml-auto flex items-center gap-1 xl:ml-2">
          {room && <Room room={room.now} say={room.say} />}
          {actions}
          <TouchKeyboard rfb={rfb} disabled={!rfb || looksOnly} />
          <Button ref={release} look="quiet" size="sm" disabled={!rfb || looksOnly} onClick={() => rfb?.sendCtrlAltDel()} title="Send Ctrl+Alt+Del to the machine" className="max-sm:hidden">
            Ctrl+Alt+Del
          </Button>
          <ScreenMenu rfb={rfb} looksOnly={looksOnly} fit={fit} onFit={setFit} onOpen={setDialog} container={full.on ? frame.current : null} />
          <IconButton label="Connect again" disabled={!available} onClick={reconnect}>
            <RotateCw className="size-4" />
          </IconButton>
          <IconButton label={full.on ? "Leave full screen" : "Full screen"} disabled={!available} onClick={full.toggle}>
            {full.on ? <Minimize className="size-4" /> : <Maximize className="size-4" />}
          </IconButton>
        </span>
      </header>
      {room && <Asking room={room.now} say={room.say} />}
      <div
        className={`relative bg-screen ${full.on ? "flex-1" : `aspect-[16/10] ${tall ? "max-h-[85dvh]" : "max-h-[70dvh]"}`} ${typing ? "outline-2 -outline-offset-2 outline-accent" : ""}`}
        onFocus={() => setTyping(true)}
        onBlur={() => setTyping(false)}
        onKeyDownCapture={onKey}
        onClick={() => rfb?.focus()}
      >
        <div ref={target} data-testid="screen" className="absolute inset-0" />
        {status.is !== "connected" && <Curtain absent={absent} status={status} retrying={retrying} onReconnect={reconnect} />}
      </div>
      {dialog === "text" && rfb && <PasteText rfb={rfb} onClose={() => setDialog(undefined)} />}
      {dialog === "clipboard" && rfb && <ClipboardDialog text={clipboard.text} onGive={clipboard.give} onInStep={clipboard.look} onClose={() => setDialog(undefined)} />}
    </section>
  );
}

/** How long a key and its echo are on their way at least. */
function Delay({ milliseconds }: { milliseconds: number }) {
  const look = milliseconds < 80 ? "text-good" : milliseconds < 250 ? "text-soft" : "text-bad";
  return (
    <span title="The time to the server and back" className={`ml-1.5 text-xs tabular-nums ${look}`}>
      {Math.round(milliseconds)} ms
    </span>
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

function Curtain({ absent, status, retrying, onReconnect }: { absent: Absence; status: ScreenStatus; retrying: boolean; onReconnect: () => void }) {
  const { title, detail, icon }: Absence = status.is === "lost" ? { title: "The screen was lost", detail: status.reason } : status.is === "connecting" ? { title: "Connecting to the screen…" } : absent;
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-1 px-6 text-center text-[oklch(0.86_0.01_80)]">
      {icon}
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
