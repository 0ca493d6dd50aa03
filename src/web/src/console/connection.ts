import RFB from "@novnc/novnc";
import { explain } from "../api/problem";
import { openScreenSocket, ScreenChannel } from "./channel";
import { parseNews, type Room, type Say } from "./room";

/** How a screen's connection is doing. */
export type ScreenStatus = { is: "idle" } | { is: "connecting" } | { is: "connected" } | { is: "lost"; reason: string };

/** Path of a screen's WebSocket, asked for anew for each connection: a ticket works once. */
export type Way = () => string | Promise<string>;

export type ScreenEvents = {
  status: (status: ScreenStatus) => void;
  ready: (rfb: RFB | undefined) => void;
  room: (room: Room | undefined, say: Say) => void;
  refused: (reason: string) => void;
  /** Milliseconds that a message took to the server and back, behind what it is sending. */
  took: (milliseconds: number) => void;
};

/** Between two measurements of the connection, in milliseconds. */
const measureEvery = 5000;

/** Pauses before the tries that are made without being asked while the server answers, in milliseconds. */
export const pauses: readonly number[] = [500, 1000, 2000, 4000, 8000];

/** Opens a screen in an element; returns what ends it. */
export function openScreen(element: HTMLElement, way: Way, on: ScreenEvents): () => void {
  let over = false;
  let rfb: RFB | undefined;
  const lost = (reason: string) => {
    if (over) return;
    over = true;
    on.status({ is: "lost", reason });
  };
  on.status({ is: "connecting" });
  Promise.resolve()
    .then(way)
    .then(
      (path) => {
        if (!over) rfb = begin(element, path, on, lost);
      },
      (error: unknown) => {
        const { title, detail } = explain(error);
        lost(detail ?? title);
      },
    );
  return () => {
    if (over) return;
    over = true;
    rfb?.disconnect();
  };
}

function begin(element: HTMLElement, path: string, on: ScreenEvents, lost: (reason: string) => void): RFB {
  const socket = openScreenSocket(path);
  const say: Say = (verb, viewer) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ do: verb, ...(viewer ? { viewer } : {}) }));
  let opened = false;
  let refusal = "";
  let close: CloseEvent | undefined;

  const channel = new ScreenChannel(socket, (text) => {
    const news = parseNews(text);
    if (!news) return;
    if ("room" in news) on.room(news.room, say);
    else if ("pong" in news) on.took(performance.now() - news.pong);
    else on.refused(news.error);
  });
  const rfb = new RFB(element, channel as unknown as WebSocket, { shared: true });
  const measure = () => {
    if (socket.readyState === WebSocket.OPEN && !document.hidden) socket.send(JSON.stringify({ ping: Math.round(performance.now()) }));
  };
  const measuring = setInterval(measure, measureEvery);
  rfb.scaleViewport = true;
  rfb.background = "transparent";
  rfb.showDotCursor = true;
  socket.addEventListener("close", (event) => (close = event));
  rfb.addEventListener("connect", () => {
    opened = true;
    on.status({ is: "connected" });
    on.ready(rfb);
    measure();
  });
  rfb.addEventListener("securityfailure", (event) => (refusal = (event as CustomEvent<{ reason?: string }>).detail.reason ?? "The machine's screen asked for a password."));
  rfb.addEventListener("disconnect", () => {
    clearInterval(measuring);
    on.ready(undefined);
    on.room(undefined, say);
    lost(refusal || reasonOf(close, opened));
  });
  return rfb;
}

/** Why a connection ended, as far as the browser tells: a refused handshake has no reason, by design of WebSockets. */
export function reasonOf(close: Pick<CloseEvent, "code" | "reason"> | undefined, opened: boolean): string {
  if (close?.reason) return `${close.reason.charAt(0).toUpperCase()}${close.reason.slice(1)}${close.reason.endsWith(".") ? "" : "."}`;
  if (!opened) return "The server did not open the screen.";
  if (close?.code === 1001) return "The server is going away.";
  if (close?.code === 1000 || close?.code === 1005) return "The machine closed its screen.";
  return "The connection broke.";
}

/** Whether the server answers at all: to a WebSocket that is refused a browser does not say why. */
export async function serverAnswers(signal: AbortSignal): Promise<boolean> {
  try {
    return (await fetch("/api/v1/health", { cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) })).ok;
  } catch {
    return false;
  }
}
