import RFB from "@novnc/novnc";
import type { PlayerCommand, PlayerState } from "../api/types";
import { openScreenSocket, ScreenChannel } from "../console/channel";
import { reasonOf, type ScreenStatus } from "../console/connection";

/** A player that is open: what it is told, and its end. */
export type Player = { tell: (command: PlayerCommand) => void; close: () => void };

/** Plays a recording in an element, from a place on. */
export function openPlayer(element: HTMLElement, recording: string, at: number, on: { status: (status: ScreenStatus) => void; state: (state: PlayerState) => void }): Player {
  const socket = openScreenSocket(`/api/v1/recordings/${encodeURIComponent(recording)}/screen?at=${at}`);
  let over = false;
  let opened = false;
  let close: CloseEvent | undefined;
  const channel = new ScreenChannel(socket, (text) => !over && on.state(JSON.parse(text) as PlayerState));
  const rfb = new RFB(element, channel as unknown as WebSocket, { shared: true });
  rfb.viewOnly = true;
  rfb.focusOnClick = false;
  rfb.scaleViewport = true;
  rfb.background = "transparent";
  on.status({ is: "connecting" });
  socket.addEventListener("close", (event) => (close = event));
  rfb.addEventListener("connect", () => {
    opened = true;
    on.status({ is: "connected" });
  });
  rfb.addEventListener("disconnect", () => {
    if (over) return;
    over = true;
    on.status({ is: "lost", reason: reasonOf(close, opened) });
  });
  return {
    tell: (command) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(command)),
    close: () => {
      if (over) return;
      over = true;
      rfb.disconnect();
    },
  };
}
