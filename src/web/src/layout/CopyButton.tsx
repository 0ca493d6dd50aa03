import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "./toasts";

/** Copies a text; shows for a moment that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      aria-label={copied ? "Copied" : label}
      title={label}
      className="inline-flex size-6 shrink-0 items-center justify-center rounded text-faint hover:bg-well hover:text-ink"
      onClick={() => void copy(text).then((done) => (done ? setCopied(true) : toast({ tone: "bad", title: "Could not copy", detail: "Select the text and copy it by hand." })))}
    >
      {copied ? <Check className="size-3.5 text-good" /> : <Copy className="size-3.5" />}
    </button>
  );
}

// The clipboard API is missing on plain http to another machine; the old command still works there.
async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** A line of text to be copied: a command, an address. */
export function CopyLine({ text, label, prompt = false }: { text: string; label: string; prompt?: boolean }) {
  return (
    <div className="flex min-w-0 items-center gap-1 rounded-md bg-well py-1 pr-1 pl-2.5">
      <code className="min-w-0 flex-1 overflow-x-auto font-mono text-xs whitespace-nowrap [scrollbar-width:none]">
        {prompt && <span className="text-faint select-none">$ </span>}
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
