import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** Names for the wire records that the pages use; the shapes come from the server's OpenAPI document. */
export type Machine = Schemas["Machine"];
export type MachineState = Schemas["MachineState"];
export type Readiness = Schemas["Readiness"];
export type Rung = Schemas["ReadinessRung"];
export type Forward = Schemas["Forward"];
export type LaunchRequest = Schemas["LaunchRequest"];
export type Image = Schemas["Image"];
export type ImportImageRequest = Schemas["ImportImageRequest"];
export type CatalogueEntry = Schemas["CatalogueEntry"];
export type SshKey = Schemas["SshKey"];
export type Host = Schemas["Host"];
export type Limits = Schemas["Limits"];
export type IntRange = Schemas["IntRange"];
export type Operation = Schemas["Operation"];
export type Session = Schemas["Session"];
export type Problem = Schemas["Problem"];
export type WarrenEvent = Omit<Schemas["Event"], "data"> & { data?: unknown };
export type Page<T> = { items: T[]; next?: string };
