import { FileVideo, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Recording } from "../api/types";
import { Menu } from "../layout/Menu";
import { DeleteRecording } from "./DeleteRecording";
import { downloadVideo } from "./download";

/** What else can be done with a recording. */
export function RecordingMenu({ recording, label, onDeleted }: { recording: Recording; label: string; onDeleted?: () => void }) {
  const [asking, setAsking] = useState(false);
  const empty = recording.width === 0;
  return (
    <>
      <Menu
        label={label}
        items={[
          { label: "Download as mp4", icon: <FileVideo />, onSelect: () => void downloadVideo(recording, "mp4"), disabled: empty },
          { label: "Download as webm", icon: <FileVideo />, onSelect: () => void downloadVideo(recording, "webm"), disabled: empty },
          { label: "Delete…", icon: <Trash2 />, onSelect: () => setAsking(true), danger: true, disabled: recording.state === "recording" },
        ]}
      />
      {asking && <DeleteRecording recording={recording} onClose={() => setAsking(false)} {...(onDeleted ? { onDeleted } : {})} />}
    </>
  );
}
