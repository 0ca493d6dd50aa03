// A disk that no guest boots from: enough for a host that only imitates guests.
/** One mebibyte with a partition table (one Linux partition from sector 1), so that it is known for a disk. */
export function blankDisk() {
  const disk = new Uint8Array(1024 * 1024);
  disk.set([0, 0, 2, 0, 0x83, 0, 2, 0, 1, 0, 0, 0, 255, 7, 0, 0], 446);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

/** Brings it into a server's store. */
export async function uploadDisk(server, name) {
  const { token } = server;
  const query = new URLSearchParams({ name, insecure: "true", format: "raw" });
  const response = await fetch(`${server.url}/api/v1/images/upload?${query}`, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/octet-stream" }, body: blankDisk() });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return await response.json();
}
