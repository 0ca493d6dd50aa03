import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import type { Recording } from "../api/types";
import { Ago } from "../layout/Ago";
import { buttonClass } from "../layout/Button";
import { bytes } from "../layout/format";
import { RecordingMenu } from "./RecordingMenu";
import { clock } from "./time";

/** One recording: when it was, how long it is, and what can be done with it. */
export function RecordingLine({ recording }: { recording: Recording }) {
  const when = new Date(recording.startedAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const empty = recording.width === 0;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2.5 sm:flex-nowrap">
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-0.5">
          <span className="font-semibold">{when}</span>
          <RecordingSign recording={recording} />
        </p>
        <p className="text-xs text-faint">
          {[clock(recording.durationSeconds), bytes(recording.bytes), !empty && `${recording.width} × ${recording.height}`].filter(Boolean).join(" · ")} · <Ago at={recording.startedAt} />
        </p>
        {recording.reason && <p className="text-sm wrap-anywhere text-bad">It ended too soon: {recording.reason}.</p>}
      </div>
      <div className="flex items-center gap-1">
        {empty ? (
          <span className="text-sm text-faint">{recording.state === "recording" ? "Waiting for the screen" : "Nothing to see"}</span>
        ) : (
          <Link to="/recordings/$id" params={{ id: recording.id }} aria-label={`Play the recording of ${when}`} className={buttonClass("plain", "sm")}>
            <Play className="size-3.5" /> Play
          </Link>
        )}
        <RecordingMenu recording={recording} label={`More for the recording of ${when}`} />
      </div>
    </li>
  );
}

/** How a recording is doing; nothing of one that is whole. */
export function RecordingSign({ recording }: { recording: Recording }) {
  if (recording.state === "failed") return <span className="tag bg-bad-wash text-bad">Failed</span>;
  if (recording.state === "finished") return null;
  return (
    <span className="tag bg-bad-wash text-bad">
      <span className="size-1.5 animate-breathe rounded-full bg-bad" /> Recording
    </span>
  );
}
