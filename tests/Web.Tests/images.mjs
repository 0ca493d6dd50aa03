// Disks for tests: one that no guest boots from is enough for a host that only imitates guests.
import { readFile } from "node:fs/promises";

/** One mebibyte with a partition table (one Linux partition from sector 1), so that it is known for a disk. */
export function blankDisk() {
  const disk = new Uint8Array(1024 * 1024);
  disk.set([0, 0, 2, 0, 0x83, 0, 2, 0, 1, 0, 0, 0, 255, 7, 0, 0], 446);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

/** Brings it into a server's store. */
export const uploadDisk = (server, name) => upload(server, { name, format: "raw" }, blankDisk());

/** The small guest's disk that was built before, under a name of its own; undefined where there is none. */
export async function uploadTiny(server, about) {
  const disk = process.env.WARREN_TEST_TINY;
  return disk ? upload(server, { format: "qcow2", ...about }, await readFile(disk)) : undefined;
}

/** The whole of it in one request of the tus protocol; the import as it begins. */
async function upload(server, about, disk) {
  const told = Object.entries({ insecure: "true", ...about }).map(([name, value]) => `${name} ${Buffer.from(value).toString("base64")}`);
  const headers = { Authorization: `Bearer ${server.token}`, "Tus-Resumable": "1.0.0", "Upload-Length": String(disk.length), "Upload-Metadata": told.join(","), "Content-Type": "application/offset+octet-stream" };
  const response = await fetch(`${server.url}/api/v1/uploads`, { method: "POST", headers, body: disk });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return await server.call("GET", `/operations/${response.headers.get("Warren-Operation")}`);
}
