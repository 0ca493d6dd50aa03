import { useState } from "react";
import { Button } from "../layout/Button";
import { bytes } from "../layout/format";
import { Bar } from "../operations/Progress";
import type { Sending } from "./upload";

/** How far a file is, with what can be done meanwhile. */
export function SendingFile({ sending, sent, size, onGivenUp }: { sending: Sending; sent: number; size: number; onGivenUp: () => void }) {
  const [paused, setPaused] = useState(false);
  const toggle = () => {
    if (paused) sending.resume();
    else sending.pause();
    setPaused(!paused);
  };
  return (
    <div>
      <p className="mb-1 flex justify-between text-sm text-soft tabular-nums" role="status">
        <span>{paused ? "Paused" : sent < size ? "Sending" : "Being taken"}</span>
        <span>
          {bytes(sent)} of {bytes(size)}
        </span>
      </p>
      <Bar value={(sent / Math.max(1, size)) * 100} label="Upload" />
      <p className="mt-2 flex items-center gap-2">
        <Button size="sm" onClick={toggle}>
          {paused ? "Go on" : "Pause"}
        </Button>
        <Button size="sm" look="quiet" onClick={() => void sending.giveUp().finally(onGivenUp)}>
          Give up
        </Button>
        <span className="text-sm text-soft">You can close this page: what is there is kept for a day.</span>
      </p>
    </div>
  );
}
