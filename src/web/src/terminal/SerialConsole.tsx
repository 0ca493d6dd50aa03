import "@xterm/xterm/css/xterm.css";
import { Eye, Speech } from "lucide-react";
import { useRef, useState } from "react";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import type { LineStatus } from "./line";
import { useTerminal } from "./useTerminal";

/** A machine's serial line: what it wrote before, what it writes now, and a keyboard for it. */
export default function SerialConsole({ machine }: { machine: Machine }) {
  const on = machine.state === "running" || machine.state === "paused" || ((machine.state === "starting" || machine.state === "stopping") && !!machine.processId);
  const [viewOnly, setViewOnly] = useState(false);
  const [reader, setReader] = useState(false);
  const [typing, setTyping] = useState(false);
  const way = useRef<HTMLButtonElement>(null);
  const { target, status, terminal } = useTerminal({ machine: machine.id, on, viewOnly, reader, onEscape: () => way.current?.focus() });

  return (
    <section aria-label="Serial console" className="overflow-hidden rounded-lg border bg-card shadow-card">
      <header className="flex min-h-10 flex-wrap items-center gap-1 border-b py-1 pr-2 pl-4">
        <Sign status={status} />
        {viewOnly && <span className="ml-2 rounded-full bg-calm-wash px-2 py-0.5 text-xs font-medium text-calm">View only</span>}
        <span className="ml-auto hidden text-xs text-faint lg:inline">{hint(status, viewOnly, typing)}</span>
        <Button ref={way} look="quiet" size="sm" aria-pressed={viewOnly} icon={<Eye className="size-4" />} onClick={() => setViewOnly(!viewOnly)} title="Only look: nothing that is typed here reaches the machine">
          View only
        </Button>
        <Button look="quiet" size="sm" aria-pressed={reader} icon={<Speech className="size-4" />} onClick={() => setReader(!reader)} title="For screen readers: what comes is read out, and lines can be walked through">
          <span className="max-sm:sr-only">Screen reader</span>
        </Button>
      </header>
      <div className={`bg-[#0b0a09] p-2 ${typing ? "outline-2 -outline-offset-2 outline-accent" : ""}`} onFocus={() => setTyping(true)} onBlur={() => setTyping(false)} onClick={() => terminal?.focus()}>
        <div ref={target} data-testid="terminal" className="h-96" />
      </div>
    </section>
  );
}

function hint(status: LineStatus, viewOnly: boolean, typing: boolean): string {
  if (status.is === "lost") return `Trying again: ${status.reason}.`;
  if (status.is !== "connected") return "";
  if (viewOnly) return "Ctrl+Shift+C copies.";
  return typing ? "Ctrl+Alt+Shift leaves the terminal; Ctrl+Shift+C and +V copy and paste." : "Click to type.";
}

function Sign({ status }: { status: LineStatus }) {
  const [dot, text] = {
    off: ["bg-line-strong", "Off"],
    connecting: ["bg-accent animate-breathe", "Connecting"],
    connected: ["bg-good", "Connected"],
    lost: ["bg-bad", "Disconnected"],
  }[status.is] as [string, string];
  return (
    <span role="status" className="flex items-center gap-1.5 text-xs text-soft">
      <span className={`size-1.5 rounded-full ${dot}`} />
      {text}
    </span>
  );
}
