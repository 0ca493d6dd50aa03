// A line to a server that carries only so many bytes a second towards it.
import { once } from "node:events";
import { connect, createServer } from "node:net";

const step = 20;

/** `limit(bytes)` sets bytes a second; Infinity for all that come. */
export async function slowLine(to) {
  const target = new URL(to);
  const lines = new Set();
  let perSecond = Infinity;
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const end = () => [near, far].forEach((socket) => socket.destroy());
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    lines.add(near).add(far);
    far.pipe(near);
    near.on("data", (bytes) => {
      far.write(bytes);
      if (perSecond === Infinity) return;
      near.pause();
      setTimeout(() => near.resume(), Math.max(step, (bytes.length * 1000) / perSecond));
    });
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    limit: (bytes) => (perSecond = bytes),
    stop: () => {
      listener.close();
      for (const socket of lines) socket.destroy();
    },
  };
}
