import type { CreatePoolRequest, TemplatePool } from "../api/types";
import { seconds } from "./words";

/** The form of a new pool as it is typed. */
export type PoolForm = {
  name: string;
  from: "golden" | "image" | "template";
  goldenImage: string;
  /** A name, or name@version. */
  template: string;
  image: string;
  /** Empty: the one that fits best, or the template's. A golden image has its own. */
  host: string;
  memoryMiB: number | undefined;
  keys: string[];
  kind: "warm" | "stopped";
  /** Empty: as the template says, else `ordinaryTarget`. */
  target: number | undefined;
  min: number | undefined;
  max: number | undefined;
  ageMinutes: string;
  leaseMinutes: string;
};

export const emptyPool: PoolForm = { name: "", from: "image", goldenImage: "", template: "", image: "", host: "", memoryMiB: undefined, keys: [], kind: "warm", target: undefined, min: undefined, max: undefined, ageMinutes: "", leaseMinutes: "" };

/** Spares of a pool of which nobody says how many. */
export const ordinaryTarget = 2;

/** As the server takes it: what is empty is the server's to choose, or the template's, whose pool section is `said`. */
export function toPool(form: PoolForm, said?: TemplatePool): CreatePoolRequest {
  const [maxAgeSeconds, leaseSeconds] = [seconds(form.ageMinutes), seconds(form.leaseMinutes)];
  const place = { ...(form.host ? { host: form.host } : {}), ...(form.memoryMiB === undefined ? {} : { memoryMiB: form.memoryMiB }) };
  const source = { golden: { goldenImage: form.goldenImage }, image: { image: form.image, ...place }, template: { template: form.template, ...place } }[form.from];
  const target = form.target ?? (form.from === "template" && said ? undefined : ordinaryTarget);
  return {
    name: form.name.trim(),
    kind: form.kind,
    ...(target === undefined ? {} : { target }),
    machine: { ...source, ...(form.keys.length > 0 ? { keys: form.keys } : {}) },
    ...(form.min === undefined ? {} : { min: form.min }),
    ...(form.max === undefined ? {} : { max: form.max }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
  };
}

/** Fields whose text is no number. */
export function unreadable(form: PoolForm): Record<string, string[]> {
  const rule = ["Give a number of minutes."];
  return { ...(Number.isNaN(seconds(form.ageMinutes)) ? { maxAgeSeconds: rule } : {}), ...(Number.isNaN(seconds(form.leaseMinutes)) ? { leaseSeconds: rule } : {}) };
}
