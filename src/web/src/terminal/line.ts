import { openSocket } from "../api/socket";

/** Where in the machine's serial log the next byte is: `SerialPlace` of the API. */
export interface Place {
  log: string;
  at: number;
  /** Bytes before it that are not kept any more; 0: it goes on; absent: it begins anew. */
  missed?: number | null;
  /** The end of the log then: what is before it was written before the terminal came. */
  end: number;
}

export type LineStatus = { is: "off" } | { is: "connecting" } | { is: "connected" } | { is: "lost"; reason: string };

/** What a terminal does with what comes. */
export interface LineEvents {
  /** Bytes of the guest; old ones were written before the terminal came. */
  bytes: (bytes: Uint8Array, old: boolean) => void;
  /** It begins anew: what was shown is not followed by what comes. */
  anew: () => void;
  missed: (bytes: number) => void;
  status: (status: LineStatus) => void;
}

/** Bytes of the log that a new terminal begins with. */
export const tail = 64 * 1024;

/** Pauses before the tries to connect again, in milliseconds; the last one is for all that follow. */
export const pauses: readonly number[] = [250, 500, 1000, 2000, 4000];

type Socket = Pick<WebSocket, "send" | "close" | "readyState" | "binaryType" | "onopen" | "onmessage" | "onclose">;

/** A machine's serial line; a connection that breaks is made again and goes on at the byte where it was. */
export class Line {
  private place: Place | undefined;
  private socket: Socket | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private readonly encoder = new TextEncoder();

  constructor(
    private readonly machine: string,
    private readonly on: LineEvents,
    private readonly connect: (path: string) => Socket = open,
  ) {}

  /** Connects, or connects anew. */
  start(viewOnly: boolean): void {
    this.drop();
    this.on.status({ is: "connecting" });
    const query = new URLSearchParams({ tail: String(tail) });
    if (viewOnly) query.set("viewOnly", "true");
    if (this.place) {
      query.set("from", String(this.place.at));
      query.set("log", this.place.log);
    }
    const socket = this.connect(`/api/v1/machines/${encodeURIComponent(this.machine)}/serial?${query.toString()}`);
    let opened = false;
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      opened = true;
      this.tries = 0;
      this.on.status({ is: "connected" });
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => (typeof data === "string" ? this.told(JSON.parse(data) as Place) : this.heard(new Uint8Array(data)));
    socket.onclose = ({ code, reason }) => {
      this.socket = undefined;
      if (code === 1000 && opened) {
        this.on.status({ is: "off" });
        return;
      }
      this.on.status({ is: "lost", reason: reason || (opened ? "the connection broke" : "the server did not open the line") });
      this.retry = setTimeout(() => this.start(viewOnly), pauses[Math.min(this.tries++, pauses.length - 1)]);
    };
  }

  stop(): void {
    this.drop();
    this.on.status({ is: "off" });
  }

  /** Types; what is typed while there is no connection is lost, as nothing shows it. */
  type(text: string | Uint8Array): void {
    if (this.socket?.readyState === 1) this.socket.send(typeof text === "string" ? this.encoder.encode(text) : new Uint8Array(text));
  }

  private drop(): void {
    clearTimeout(this.retry);
    if (!this.socket) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close(1000);
    this.socket = undefined;
  }

  private told(place: Place): void {
    if (this.place && place.missed == null) this.on.anew();
    else if (this.place && place.missed) this.on.missed(place.missed);
    this.place = place;
  }

  private heard(bytes: Uint8Array): void {
    const place = this.place;
    if (place) place.at += bytes.length;
    this.on.bytes(bytes, place !== undefined && place.missed == null && place.at <= place.end);
  }
}

const open = (path: string): Socket => openSocket(path, "warren.serial");
