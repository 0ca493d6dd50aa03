import type { TreeRow } from "./tree";

const width = 20;
const middle = 10;
/** Height of a line's dot: the middle of its first row of text. */
const dot = 21;

const looks = {
  disks: "border-2 border-soft bg-card",
  memory: "bg-calm",
  busy: "bg-accent animate-breathe",
  here: "bg-accent ring-4 ring-accent/20",
};

/** The lines of the tree beside one of its rows. For the eyes only: each row says in words what it came after. */
export function Lanes({ row: { lane, above, below }, look }: { row: TreeRow; look: keyof typeof looks }) {
  const x = lane * width + middle;
  return (
    <div aria-hidden className="relative mr-2 shrink-0 self-stretch" style={{ width: (lane + 1) * width }}>
      {Array.from({ length: lane }, (_, at) => (
        <span key={at} className="absolute inset-y-0 w-0.5 bg-line-strong" style={{ left: at * width + middle - 1 }} />
      ))}
      {above === "straight" && <span className="absolute top-0 w-0.5 bg-line-strong" style={{ left: x - 1, height: dot }} />}
      {above === "branch" && <span className="absolute rounded-bl-lg border-b-2 border-l-2 border-line-strong" style={{ left: x - width - 1, top: dot - 11, width, height: 12 }} />}
      {below && <span className="absolute bottom-0 w-0.5 bg-line-strong" style={{ left: x - 1, top: dot }} />}
      <span className={`absolute size-3 rounded-full ${looks[look]}`} style={{ left: x - 6, top: dot - 6 }} />
    </div>
  );
}
