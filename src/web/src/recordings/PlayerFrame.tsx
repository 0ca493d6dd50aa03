import { Maximize, Minimize, Pause, Play, RotateCcw, RotateCw } from "lucide-react";
import { useRef, useState } from "react";
import type { Recording } from "../api/types";
import { Button, IconButton } from "../layout/Button";
import { useFullScreen } from "../layout/useFullScreen";
import { ScrubBar } from "./ScrubBar";
import { clock } from "./time";
import { usePlayer } from "./usePlayer";

const speeds = [0.5, 1, 2, 4, 8, 16];

/** The picture and what plays it. Space, arrows, Home and End work wherever the focus is in it. */
export function PlayerFrame({ recording }: { recording: Recording }) {
  const frame = useRef<HTMLElement>(null);
  const { target, status, state, tell, reopen } = usePlayer(recording.id);
  const full = useFullScreen(frame);
  const [speed, setSpeed] = useState(1);
  const [paused, at, duration] = [state?.paused ?? true, state?.at ?? 0, Math.max(state?.duration ?? 0, recording.durationSeconds)];
  const ready = status.is === "connected" && state !== undefined;
  const over = paused && at >= duration - 0.05;

  const toggle = () => tell(over ? { at: 0, paused: false } : { paused: !paused });
  const go = (to: number) => tell({ at: Math.min(Math.max(0, to), duration) });
  const play = (times: number) => {
    setSpeed(times);
    tell({ speed: times });
  };
  const onKey = (event: React.KeyboardEvent) => {
    const element = event.target as HTMLElement;
    if (!ready || event.ctrlKey || event.altKey || event.metaKey || element.closest("select, [role=slider]")) return;
    const act = { " ": element.closest("button") ? undefined : toggle, k: toggle, ArrowLeft: () => go(at - 5), ArrowRight: () => go(at + 5), Home: () => go(0), End: () => go(duration), f: full.toggle }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  return (
    <section ref={frame} aria-label="Player" tabIndex={-1} onKeyDown={onKey} className="flex flex-col overflow-hidden rounded-lg border bg-card shadow-card outline-none [&:fullscreen]:rounded-none [&:fullscreen]:border-0">
      <div className={`relative bg-screen ${full.on ? "flex-1" : "aspect-[16/10] max-h-[70dvh]"}`} onClick={() => ready && toggle()}>
        <div ref={target} data-testid="recording" aria-hidden className="pointer-events-none absolute inset-0" />
        {status.is === "lost" && (
          <div className="absolute inset-0 flex flex-col items-center justify-center gap-1 bg-screen/85 px-6 text-center text-[oklch(0.86_0.01_80)]">
            <p className="font-medium">The recording cannot be played now</p>
            <p className="text-sm opacity-70">{status.reason}</p>
            <Button size="sm" className="mt-3 text-ink" icon={<RotateCw className="size-3.5" />} onClick={reopen}>
              Try again
            </Button>
          </div>
        )}
      </div>
      <div className="flex flex-col gap-1.5 border-t px-3 pt-2 pb-2">
        <ScrubBar at={at} duration={duration} gaps={recording.gaps ?? []} disabled={!ready} onSeek={go} />
        <div className="flex flex-wrap items-center gap-x-1 gap-y-2">
          <IconButton label={over ? "Play again" : paused ? "Play" : "Pause"} disabled={!ready} onClick={toggle}>
            {over ? <RotateCcw className="size-4" /> : paused ? <Play className="size-4" /> : <Pause className="size-4" />}
          </IconButton>
          <span className="ml-1 text-sm tabular-nums" data-testid="place">
            {clock(at)} <span className="text-faint">/ {clock(duration)}</span>
          </span>
          {state?.why && <span className="ml-2 text-sm text-soft">Nothing was seen here: {state.why}.</span>}
          {state?.live && (
            <Button look="quiet" size="sm" disabled={!ready} onClick={() => tell({ at: duration, paused: false, speed: 1 })} title="To what the machine shows now">
              <span className="size-1.5 animate-breathe rounded-full bg-bad" /> To now
            </Button>
          )}
          <label className="ml-auto flex items-center gap-2 text-sm text-soft">
            Speed
            <select value={speed} disabled={!ready} onChange={(event) => play(Number(event.target.value))} className="field h-7 w-auto py-0 text-sm">
              {speeds.map((times) => (
                <option key={times} value={times}>
                  {times}×
                </option>
              ))}
            </select>
          </label>
          <IconButton label={full.on ? "Leave full screen" : "Full screen"} onClick={full.toggle}>
            {full.on ? <Minimize className="size-4" /> : <Maximize className="size-4" />}
          </IconButton>
        </div>
      </div>
    </section>
  );
}
