import { Slider } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import type { Recording } from "../api/types";
import { clock, spoken } from "./time";

/** The recording from end to end: where it is, where nothing was seen, and by hand or by keys to anywhere. */
export function ScrubBar({ at, duration, gaps, disabled, onSeek }: { at: number; duration: number; gaps: NonNullable<Recording["gaps"]>; disabled: boolean; onSeek: (at: number) => void }) {
  // While it is dragged it stands where the hand is; what the player tells comes after.
  const [held, setHeld] = useState<number>();
  const [hover, setHover] = useState<number>();
  const dragging = useRef(false);
  useEffect(() => void (dragging.current || setHeld(undefined)), [at]);
  const shown = held ?? at;
  const part = (seconds: number) => `${duration > 0 ? (Math.min(seconds, duration) / duration) * 100 : 0}%`;
  const seek = (to: number) => {
    if (dragging.current) setHeld(to);
    onSeek(to);
  };
  const drag = (on: boolean) => () => void (dragging.current = on);
  return (
    <div
      className="relative"
      onPointerDownCapture={drag(true)}
      onPointerUp={drag(false)}
      onPointerCancel={drag(false)}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        setHover(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * duration);
      }}
      onPointerLeave={() => setHover(undefined)}
    >
      {hover !== undefined && duration > 0 && (
        <span aria-hidden className="pointer-events-none absolute bottom-full z-10 -translate-x-1/2 rounded bg-ink px-1.5 py-0.5 text-xs text-paper tabular-nums" style={{ left: part(hover) }}>
          {clock(hover)}
        </span>
      )}
      <Slider.Root
        value={[Math.min(shown, duration)]}
        max={Math.max(duration, 0.001)}
        step={0.001}
        disabled={disabled}
        onValueChange={([to = 0]) => seek(to)}
        onKeyDown={(event) => {
          // Radix would go by a thousandth of a second.
          const steps = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -60, PageUp: 60 }[event.key];
          if (steps === undefined) return;
          event.preventDefault();
          onSeek(Math.min(Math.max(0, shown + steps), duration));
        }}
        className="relative flex h-6 touch-none items-center data-disabled:opacity-50"
      >
        <Slider.Track className="relative h-1.5 flex-1 overflow-hidden rounded-full bg-line-strong/60">
          <Slider.Range className="absolute h-full bg-accent" />
          {gaps.map(({ from, to }) => (
            <span key={from} title="Nothing was seen here" className="absolute h-full min-w-0.5 bg-bad/60" style={{ left: part(from), width: part(to - from) }} />
          ))}
        </Slider.Track>
        <Slider.Thumb aria-label="Place in the recording" aria-valuetext={`${spoken(shown)} of ${spoken(duration)}`} className="block size-4 rounded-full border-2 border-accent bg-card shadow-card" />
      </Slider.Root>
    </div>
  );
}
