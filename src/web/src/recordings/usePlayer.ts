import { useCallback, useEffect, useRef, useState } from "react";
import type { PlayerCommand, PlayerState } from "../api/types";
import type { ScreenStatus } from "../console/connection";
import { openPlayer, type Player } from "./player";

/** Keeps a recording open in an element; opened again, it goes on where it was. */
export function usePlayer(recording: string) {
  const target = useRef<HTMLDivElement>(null);
  const player = useRef<Player | undefined>(undefined);
  const place = useRef(0);
  const [status, setStatus] = useState<ScreenStatus>({ is: "idle" });
  const [state, setState] = useState<PlayerState>();
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (!target.current) return;
    const opened = openPlayer(target.current, recording, place.current, {
      status: setStatus,
      state: (next) => {
        place.current = next.at;
        setState(next);
      },
    });
    player.current = opened;
    return () => {
      player.current = undefined;
      opened.close();
    };
  }, [recording, attempt]);

  const tell = useCallback((command: PlayerCommand) => player.current?.tell(command), []);
  return { target, status, state, tell, reopen: () => setAttempt((old) => old + 1) };
}
