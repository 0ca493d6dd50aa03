import type { CatalogueEntry, Image } from "../../api/types";
import { bytes, duration } from "../../layout/format";

/** Something to launch from: an image in the store, or a catalogue entry that may have to be built or downloaded first. */
export type ImageChoice = {
  /** What the launch names. */
  value: string;
  title: string;
  description?: string | undefined;
  features: readonly string[];
  /** Is in the store, so a launch takes no longer than a boot. */
  stored: boolean;
  /** What stands between now and a boot, for people. */
  cost: string;
  /** A live ISO, which needs no disk. */
  live?: boolean;
  minimumMemoryMiB?: number | undefined;
  defaultMemoryMiB?: number | undefined;
  minimumDiskGiB?: number | undefined;
};

const gibibyte = 1024 ** 3;

/** What is in the store first, then the rest of the catalogue; an image that came from an entry is shown once. */
export function imageChoices(catalogue: readonly CatalogueEntry[], images: readonly Image[]): ImageChoice[] {
  const fromCatalogue = new Set(catalogue.map((entry) => entry.imageId).filter(Boolean));
  const own = images.filter((image) => image.state === "ready" && !fromCatalogue.has(image.id)).map(ofImage);
  const all = [...catalogue.map(ofEntry), ...own];
  return [...all.filter((choice) => choice.stored), ...all.filter((choice) => !choice.stored)];
}

function ofEntry(entry: CatalogueEntry): ImageChoice {
  const stored = !!entry.imageId;
  return {
    value: entry.name,
    title: entry.title,
    description: entry.description ?? undefined,
    features: entry.features,
    stored,
    cost: stored ? "In the store" : costOf(entry),
    minimumMemoryMiB: entry.minimumMemoryMiB,
    defaultMemoryMiB: entry.defaultMemoryMiB,
    minimumDiskGiB: entry.minimumDiskGiB,
  };
}

function costOf(entry: CatalogueEntry): string {
  if (entry.kind === "recipe") return entry.buildSeconds ? `Built here in about ${duration(entry.buildSeconds * 1000)}` : "Built here first";
  return entry.downloadBytes ? `Downloads ${bytes(entry.downloadBytes)}` : "Downloaded first";
}

function ofImage(image: Image): ImageChoice {
  return {
    value: image.name,
    title: image.name,
    description: [image.format === "iso" ? "Live ISO" : image.format?.toUpperCase(), image.virtualSizeBytes ? `${bytes(image.virtualSizeBytes)} disk` : ""].filter(Boolean).join(", "),
    features: image.features,
    live: image.format === "iso",
    stored: true,
    cost: "In the store",
    minimumMemoryMiB: image.minimumMemoryMiB ?? undefined,
    defaultMemoryMiB: image.defaultMemoryMiB ?? undefined,
    minimumDiskGiB: image.virtualSizeBytes && image.format !== "iso" ? Math.ceil(image.virtualSizeBytes / gibibyte) : undefined,
  };
}
