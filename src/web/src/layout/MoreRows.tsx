import { useEffect, useRef } from "react";

/** Asks for more when the end of a list comes near; a button too, for those who do not scroll. */
export function MoreRows({ more, busy, onMore }: { more: boolean; busy: boolean; onMore: () => void }) {
  const end = useRef<HTMLButtonElement>(null);
  const ask = useRef(onMore);
  ask.current = onMore;
  useEffect(() => {
    const button = end.current;
    if (!button || busy) return;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && ask.current(), { rootMargin: "600px" });
    watch.observe(button);
    return () => watch.disconnect();
  }, [more, busy]);
  if (!more) return null;
  return (
    <button ref={end} type="button" disabled={busy} onClick={onMore} className="mx-auto mt-3 block rounded-md px-3 py-1.5 text-sm text-soft hover:bg-well">
      {busy ? "Reading more…" : "Show more"}
    </button>
  );
}
