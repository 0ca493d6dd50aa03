import { ArrowDownToLine } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Machine } from "../api/types";
import { explain, ApiError, problemOf } from "../api/problem";
import { Notice } from "../layout/Notice";
import { plainText, tail } from "./plainText";

/** The end of the machine's serial log, growing as the guest writes. */
export function SerialLog({ machine }: { machine: Machine }) {
  const { text, error, open } = useLog(machine);
  const box = useRef<HTMLPreElement>(null);
  const [follow, setFollow] = useState(true);

  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follow]);

  const onScroll = () => {
    const pre = box.current;
    if (pre) setFollow(pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24);
  };

  if (error !== undefined) return <Notice tone="bad" {...explain(error)} />;
  return (
    <div className="relative">
      <pre ref={box} onScroll={onScroll} tabIndex={0} aria-label="Serial log" className="h-96 overflow-auto rounded-lg bg-screen p-4 font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere text-[oklch(0.86_0.01_80)]">
        {text || <span className="opacity-60">{open ? "The guest has not written anything to its serial port yet." : "Reading…"}</span>}
      </pre>
      {!follow && (
        <button type="button" onClick={() => setFollow(true)} className="absolute right-5 bottom-4 flex items-center gap-1.5 rounded-md bg-ink px-2.5 py-1.5 text-sm font-medium text-paper shadow-float">
          <ArrowDownToLine className="size-3.5" /> Follow
        </button>
      )}
    </div>
  );
}

function useLog({ id, processId, state }: Machine) {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>();
  const [open, setOpen] = useState(false);
  // A stopped machine writes nothing: its log is read once. A new process means a new stream.
  const follow = state === "running" || state === "starting" || state === "paused" || state === "stopping";
  useEffect(() => {
    const stop = new AbortController();
    let raw = "";
    let frame = 0;
    const show = () => {
      frame = 0;
      setText(plainText(raw));
    };
    const read = async () => {
      const response = await fetch(`/api/v1/machines/${id}/logs?follow=${follow}`, { signal: stop.signal, headers: { Accept: "text/plain" } });
      if (!response.ok) throw new ApiError(await problemOf(response));
      setOpen(true);
      const decoder = new TextDecoder();
      for await (const chunk of chunks(response)) {
        raw = tail(raw + decoder.decode(chunk, { stream: true }));
        frame ||= requestAnimationFrame(show);
      }
    };
    setError(undefined);
    setText("");
    read().catch((failure: unknown) => {
      if (!stop.signal.aborted) setError(failure);
    });
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [id, processId, follow]);
  return { text, error, open };
}

// Not every browser lets a body be iterated over.
async function* chunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) return;
    yield part.value;
  }
}
