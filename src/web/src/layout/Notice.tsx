import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const tones = {
  bad: { box: "border-bad/30 bg-bad-wash", icon: <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" /> },
  warn: { box: "border-accent/30 bg-accent-wash", icon: <TriangleAlert className="mt-0.5 size-4 shrink-0 text-accent" /> },
  info: { box: "border-line bg-well", icon: <Info className="mt-0.5 size-4 shrink-0 text-soft" /> },
};

/** A message within the page. */
export function Notice({ tone, title, detail, children }: { tone: keyof typeof tones; title: string; detail?: string | undefined; children?: ReactNode }) {
  return (
    <div role={tone === "bad" ? "alert" : "note"} className={`flex gap-2.5 rounded-lg border px-3 py-2.5 ${tones[tone].box}`}>
      {tones[tone].icon}
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {detail && <p className="mt-0.5 text-sm wrap-anywhere text-soft">{detail}</p>}
        {children}
      </div>
    </div>
  );
}
