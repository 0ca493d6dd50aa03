import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Line, pauses, type LineStatus } from "./line";

class FakeSocket {
  sent: string[] = [];
  readyState = 0;
  binaryType: BinaryType = "blob";
  onopen: WebSocket["onopen"] = null;
  onmessage: WebSocket["onmessage"] = null;
  onclose: WebSocket["onclose"] = null;
  constructor(readonly path: string) {}
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView) {
    this.sent.push(new TextDecoder().decode(data as Uint8Array));
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    (this.onopen as () => void)();
  }
  hear(data: string | Uint8Array) {
    (this.onmessage as (event: { data: unknown }) => void)({ data: typeof data === "string" ? data : data.buffer });
  }
  end(code: number, reason = "") {
    this.readyState = 3;
    (this.onclose as (event: { code: number; reason: string }) => void)?.({ code, reason });
  }
}

let sockets: FakeSocket[];
let log: string[];
let line: Line;
const bytes = (text: string) => new TextEncoder().encode(text);
const last = () => sockets[sockets.length - 1]!;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, log] = [[], []];
  const shown = (status: LineStatus) => status.is + (status.is === "lost" ? `: ${status.reason}` : "");
  line = new Line(
    "m",
    {
      bytes: (b, old) => log.push(`${old ? "old " : ""}${new TextDecoder().decode(b)}`),
      anew: () => log.push("anew"),
      missed: (n) => log.push(`missed ${n}`),
      status: (status) => log.push(shown(status)),
    },
    (path) => {
      sockets.push(new FakeSocket(path));
      return last();
    },
  );
});
afterEach(() => vi.useRealTimers());

test("it begins with the end of the log and goes on at the byte where it was", () => {
  line.start(false);
  expect(last().path).toBe("/api/v1/machines/m/serial?tail=65536");
  last().open();
  last().hear(JSON.stringify({ log: "a:1", at: 100, end: 106 }));
  last().hear(bytes("before"));
  last().hear(bytes("now"));
  last().end(1001, "the server is going away");
  expect(log).toEqual(["connecting", "connected", "old before", "now", "lost: the server is going away"]);
  vi.advanceTimersByTime(pauses[0]!);
  expect(last().path).toBe("/api/v1/machines/m/serial?tail=65536&from=109&log=a%3A1");
  last().open();
  last().hear(JSON.stringify({ log: "a:1", at: 109, missed: 0, end: 120 }));
  last().hear(bytes("on"));
  expect(log.slice(5)).toEqual(["connecting", "connected", "on"]);
});

test("what is missing is told, and a new beginning clears", () => {
  line.start(false);
  last().open();
  last().hear(JSON.stringify({ log: "a", at: 0, end: 0 }));
  last().hear(JSON.stringify({ log: "a", at: 50, missed: 50, end: 50 }));
  last().hear(JSON.stringify({ log: "b", at: 7, end: 7 }));
  expect(log.slice(2)).toEqual(["missed 50", "anew"]);
});

test("a machine that is off is not called again; a server that is away is, ever slower", () => {
  line.start(true);
  expect(last().path).toContain("viewOnly=true");
  last().open();
  last().end(1000, "the machine is off");
  vi.advanceTimersByTime(60_000);
  expect(sockets.length).toBe(1);
  line.start(false);
  for (const pause of [...pauses, pauses[pauses.length - 1]!]) {
    const before = sockets.length;
    last().end(1006);
    vi.advanceTimersByTime(pause - 1);
    expect(sockets.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(sockets.length).toBe(before + 1);
  }
  line.stop();
  vi.advanceTimersByTime(60_000);
  expect(log[log.length - 1]).toBe("off");
});

test("it types as UTF-8, and only while it is connected", () => {
  line.start(false);
  line.type("lost");
  last().open();
  line.type("é\r");
  line.type(new Uint8Array([65]));
  expect(last().sent).toEqual(["é\r", "A"]);
});
