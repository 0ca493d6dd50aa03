const words = [
  "clover", "thistle", "fennel", "bramble", "sorrel", "hazel", "yarrow", "campion", "speedwell", "bracken", "dandelion", "pipkin",
  "juniper", "rowan", "heather", "gorse", "sedge", "mallow", "vetch", "tansy", "burdock", "chicory", "comfrey", "larkspur",
];

/** A free name that says what the machine was made from: `tiny-clover`, `debian-12-hazel`. */
export function suggestName(image: string, taken: ReadonlySet<string>, random: () => number = Math.random): string {
  const stem = image.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 40) || "machine";
  const first = Math.floor(random() * words.length);
  for (let round = 1; ; round++)
    for (let step = 0; step < words.length; step++) {
      const name = `${stem}-${words[(first + step) % words.length]}${round > 1 ? `-${round}` : ""}`;
      if (!taken.has(name)) return name;
    }
}
