import { useEffect, useRef, useState } from "react";

/** Between two pictures of a machine that is in sight, in milliseconds. Each one connects to its screen for a moment. */
const every = 30_000;

/** What a machine shows now, small; an empty place while it is off. Only a row that is in sight asks. */
export function Thumbnail({ machine, name, on }: { machine: string; name: string; on: boolean }) {
  const frame = useRef<HTMLDivElement>(null);
  const [look, setLook] = useState(0);
  const [dark, setDark] = useState(false);

  useEffect(() => {
    const element = frame.current;
    if (!element || !on) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    const next = () => !document.hidden && setLook((old) => old + 1);
    const observer = new IntersectionObserver(([entry]) => {
      clearInterval(timer);
      if (!entry?.isIntersecting) return;
      next();
      timer = setInterval(next, every);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      clearInterval(timer);
    };
  }, [on]);

  return (
    <div ref={frame} className={`hidden h-9 w-14 shrink-0 overflow-hidden rounded border md:block ${on ? "bg-screen" : "bg-well"}`}>
      {on && look > 0 && (
        <img
          src={`/api/v1/machines/${encodeURIComponent(machine)}/screen.png?width=112&look=${look}`}
          alt={`The screen of ${name}`}
          className={`size-full object-cover object-top ${dark ? "invisible" : ""}`}
          onLoad={() => setDark(false)}
          onError={() => setDark(true)}
        />
      )}
    </div>
  );
}
