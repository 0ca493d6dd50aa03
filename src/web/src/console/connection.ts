import RFB from "@novnc/novnc";

/** How a screen's connection is doing. */
export type ScreenStatus = { is: "idle" } | { is: "connecting" } | { is: "connected" } | { is: "lost"; reason: string };

/** Pauses before the tries that are made without being asked, in milliseconds. */
export const pauses: readonly number[] = [500, 1000, 2000, 4000, 8000];

/** Opens a machine's screen in an element; returns what ends it. */
export function openScreen(element: HTMLElement, machine: string, on: { status: (status: ScreenStatus) => void; ready: (rfb: RFB | undefined) => void }): () => void {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/machines/${encodeURIComponent(machine)}/screen`;
  const socket = new WebSocket(url, ["binary"]);
  const rfb = new RFB(element, socket, { shared: true });
  let over = false;
  let opened = false;
  let refusal = "";
  let close: CloseEvent | undefined;

  rfb.scaleViewport = true;
  rfb.background = "transparent";
  rfb.showDotCursor = true;
  on.status({ is: "connecting" });
  socket.addEventListener("close", (event) => (close = event));
  rfb.addEventListener("connect", () => {
    opened = true;
    on.status({ is: "connected" });
    on.ready(rfb);
  });
  rfb.addEventListener("securityfailure", (event) => (refusal = (event as CustomEvent<{ reason?: string }>).detail.reason ?? "The machine's screen asked for a password."));
  rfb.addEventListener("disconnect", () => {
    on.ready(undefined);
    if (over) return;
    over = true;
    on.status({ is: "lost", reason: refusal || reasonOf(close, opened) });
  });
  return () => {
    if (over) return;
    over = true;
    rfb.disconnect();
  };
}

/** Why a connection ended, as far as the browser tells: a refused handshake has no reason, by design of WebSockets. */
export function reasonOf(close: Pick<CloseEvent, "code" | "reason"> | undefined, opened: boolean): string {
  if (close?.reason) return `${close.reason.charAt(0).toUpperCase()}${close.reason.slice(1)}${close.reason.endsWith(".") ? "" : "."}`;
  if (!opened) return "The server did not open the screen.";
  if (close?.code === 1001) return "The server is going away.";
  if (close?.code === 1000 || close?.code === 1005) return "The machine closed its screen.";
  return "The connection broke.";
}
