import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ChevronLeft, SearchX } from "lucide-react";
import { useEffect } from "react";
import type { Recording } from "../api/types";
import { buttonClass } from "../layout/Button";
import { bytes } from "../layout/format";
import { Notice } from "../layout/Notice";
import { Empty, Loaded } from "../layout/PageFrame";
import { machineQuery } from "../machines/queries";
import { PlayerFrame } from "./PlayerFrame";
import { recordingQuery } from "./queries";
import { RecordingSign } from "./RecordingLine";
import { RecordingMenu } from "./RecordingMenu";
import { clock } from "./time";

/** One recording, to be watched. */
export function PlayerPage() {
  const { id } = useParams({ from: "/shell/recordings/$id" });
  const recording = useQuery(recordingQuery(id));
  return (
    <Loaded query={recording}>
      {(data) =>
        data ? (
          <PlayerView key={data.id} recording={data} />
        ) : (
          <Empty icon={<SearchX />} title="There is no such recording" action={<Link to="/" className={buttonClass()}>To the machines</Link>}>
            It may have been deleted, or it was older than recordings are kept.
          </Empty>
        )
      }
    </Loaded>
  );
}

function PlayerView({ recording }: { recording: Recording }) {
  const navigate = useNavigate();
  const { data: machine } = useQuery(machineQuery(recording.machineName));
  const there = machine?.id === recording.machineId;
  const started = new Date(recording.startedAt).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
  useEffect(() => void (document.title = `Recording of ${recording.machineName} · Warren`), [recording.machineName]);
  const back = "mb-1 -ml-1 inline-flex items-center gap-0.5 rounded text-sm text-soft hover:text-ink";
  return (
    <div className="flex flex-col gap-4">
      <header className="flex flex-wrap items-end gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          {there ? (
            <Link to="/machines/$name" params={{ name: recording.machineName }} className={back}>
              <ChevronLeft className="size-4" /> {recording.machineName}
            </Link>
          ) : (
            <Link to="/" className={back}>
              <ChevronLeft className="size-4" /> Machines
            </Link>
          )}
          <h1 className="truncate text-2xl">Recording of {recording.machineName}</h1>
          <div className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">
            <RecordingSign recording={recording} />
            <span>
              {started} · {clock(recording.durationSeconds)} · {bytes(recording.bytes)}
            </span>
          </div>
        </div>
        <RecordingMenu recording={recording} label="More for this recording" onDeleted={() => void (there ? navigate({ to: "/machines/$name", params: { name: recording.machineName } }) : navigate({ to: "/" }))} />
      </header>
      {recording.reason && <Notice tone="warn" title="It ended too soon" detail={`${recording.reason.charAt(0).toUpperCase()}${recording.reason.slice(1)}.`} />}
      <PlayerFrame recording={recording} />
    </div>
  );
}
