import type { GoldenImage } from "../api/types";

/** What names exactly one: `dev@2`. */
export function reference({ name, version }: { name: string; version: number }): string {
  return `${name}@${version}`;
}

/** Those that machines can be made from, newest first. */
export function ready(images: readonly GoldenImage[]): GoldenImage[] {
  return images.filter(({ state }) => state === "ready");
}

/** The golden images that one came from by its machines, nearest first, as far as they are still there. */
export function lineage(image: GoldenImage, all: readonly GoldenImage[]): GoldenImage[] {
  const line: GoldenImage[] = [];
  for (let next = all.find(({ id }) => id === image.parentId); next && !line.includes(next); ) {
    line.push(next);
    const { parentId } = next;
    next = all.find(({ id }) => id === parentId);
  }
  return line;
}
