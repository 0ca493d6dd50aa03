// A viewer of our own, in a few lines: reads one whole screen from QEMU's RFB socket, to judge by what the browser shows.
// RFC 6143: protocol 3.8, no authentication, shared, raw encoding, 32-bit pixels.
import { connect } from "node:net";
import { once } from "node:events";

/** The screen as { width, height, at(x, y) -> [r, g, b] }. */
export async function readScreen(socketPath) {
  const socket = connect(socketPath);
  await once(socket, "connect");
  const read = reader(socket);
  try {
    const version = (await read(12)).toString("latin1");
    if (!version.startsWith("RFB 003.")) throw new Error(`not RFB: ${JSON.stringify(version)}`);
    socket.write("RFB 003.008\n");
    const kinds = await read((await read(1))[0]);
    if (!kinds.includes(1)) throw new Error(`no security type None among ${[...kinds]}`);
    socket.write(Buffer.from([1]));
    if ((await read(4)).readUInt32BE() !== 0) throw new Error("refused");
    socket.write(Buffer.from([1]));
    const init = await read(24);
    const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
    await read(init.readUInt32BE(20));

    // SetPixelFormat: little-endian, true colour, 8 bits each, red at 16. SetEncodings: raw.
    socket.write(Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]));
    socket.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]));
    const ask = Buffer.alloc(10);
    ask[0] = 3;
    ask.writeUInt16BE(width, 6);
    ask.writeUInt16BE(height, 8);
    socket.write(ask);

    const pixels = Buffer.alloc(width * height * 4);
    let left = width * height;
    while (left > 0) {
      if ((await read(1))[0] !== 0) throw new Error("unexpected message");
      const count = (await read(3)).readUInt16BE(1);
      for (let rectangle = 0; rectangle < count; rectangle++) {
        const head = await read(12);
        const [x, y, w, h] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at));
        const rows = await read(w * h * 4);
        for (let row = 0; row < h; row++) rows.copy(pixels, ((y + row) * width + x) * 4, row * w * 4, (row + 1) * w * 4);
        left -= w * h;
      }
    }
    const at = (x, y) => [2, 1, 0].map((byte) => pixels[(y * width + x) * 4 + byte]);
    return { width, height, at };
  } finally {
    socket.destroy();
  }
}

function reader(socket) {
  let buffered = Buffer.alloc(0);
  const chunks = socket[Symbol.asyncIterator]();
  return async (count) => {
    while (buffered.length < count) {
      const { value, done } = await chunks.next();
      if (done) throw new Error("the screen's socket was closed");
      buffered = Buffer.concat([buffered, value]);
    }
    const taken = buffered.subarray(0, count);
    buffered = buffered.subarray(count);
    return taken;
  };
}
