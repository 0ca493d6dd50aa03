import { openSocket } from "../api/socket";

/** Opens a screen that sends JSON as text between the bytes of RFB. */
export const openScreenSocket = (path: string): WebSocket => openSocket(path, "warren.screen");

/**
 * A WebSocket as noVNC takes it, without the text messages: those go elsewhere. noVNC looks for the properties of a WebSocket on the object
 * itself or on its class.
 */
export class ScreenChannel {
  binaryType: BinaryType = "arraybuffer";
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  private readonly socket: WebSocket;

  constructor(socket: WebSocket, told: (text: string) => void) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = (event) => this.onopen?.(event);
    socket.onerror = (event) => this.onerror?.(event);
    socket.onclose = (event) => this.onclose?.(event);
    socket.onmessage = (event: MessageEvent) => (typeof event.data === "string" ? told(event.data) : this.onmessage?.(event));
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get readyState(): number {
    return this.socket.readyState;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.socket.send(bytes);
  }

  close(): void {
    this.socket.close();
  }
}
