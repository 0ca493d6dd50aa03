import { ApiError, problemOf } from "../api/problem";
import type { Recording } from "../api/types";
import { toast, toastError } from "../layout/toasts";

/**
 * Has the browser save a recording as a video, which is made while it is sent. A second of it is asked for before: a download that is refused
 * would lead away from the page instead of telling why.
 */
export async function downloadVideo(recording: Recording, format: "mp4" | "webm"): Promise<void> {
  const url = `/api/v1/recordings/${encodeURIComponent(recording.id)}/export?format=${format}`;
  try {
    const answer = await fetch(`${url}&to=1`);
    if (!answer.ok) throw new ApiError(await problemOf(answer));
    await answer.body?.cancel();
    const link = document.createElement("a");
    link.href = url;
    link.download = "";
    link.click();
    toast({ tone: "good", title: "The video is being made", detail: "It is saved while it is made; a long one takes a while." });
  } catch (error) {
    toastError(error);
  }
}
