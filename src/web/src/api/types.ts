import type { components } from "./schema.gen";

/**
 * A record as the server sends it: it leaves out what is null and writes everything else, also what a request may leave out.
 * The OpenAPI document describes both directions at once, so it says less.
 */
type Sent<T> = T extends (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { [K in keyof T as null extends T[K] ? never : K]-?: Sent<T[K]> } & { [K in keyof T as null extends T[K] ? K : never]?: Sent<NonNullable<T[K]>> }
    : T;

type Schemas = components["schemas"];

/** Names for the wire records that the pages use; the shapes come from the server's OpenAPI document. */
export type Machine = Sent<Schemas["Machine"]>;
export type Recording = Sent<Schemas["Recording"]>;
/** Between the bytes of a player's screen; the document does not tell what goes over a WebSocket. */
export type PlayerState = { at: number; duration: number; speed: number; paused: boolean; live: boolean; why?: string };
export type PlayerCommand = { at?: number; speed?: number; paused?: boolean };
export type MachineState = Schemas["MachineState"];
export type LifeAction = Schemas["LifeAction"];
export type Readiness = Sent<Schemas["Readiness"]>;
export type Rung = Schemas["ReadinessRung"];
export type Forward = Sent<Schemas["Forward"]>;
export type LaunchRequest = Schemas["LaunchRequest"];
export type Image = Sent<Schemas["Image"]>;
export type Upload = Sent<Schemas["Upload"]>;
export type ImportImageRequest = Schemas["ImportImageRequest"];
export type CatalogueEntry = Sent<Schemas["CatalogueEntry"]>;
export type SshKey = Sent<Schemas["SshKey"]>;
export type Host = Sent<Schemas["Host"]>;
export type HostState = Schemas["HostState"];
export type HostMachine = Sent<Schemas["HostMachine"]>;
export type AddHostRequest = Schemas["AddHostRequest"];
/** Null takes a setting or a label away, which the document does not say of a map's values. */
export type EditHostRequest = Omit<Schemas["EditHostRequest"], "settings" | "labels"> & { settings?: Record<string, string | null>; labels?: Record<string, string | null> };
export type Hypervisor = Sent<Schemas["Hypervisor"]>;
export type HypervisorSetting = Sent<Schemas["HypervisorSetting"]>;
export type Network = Sent<Schemas["Network"]>;
export type NetworkKind = Schemas["NetworkKind"];
export type Storage = Sent<Schemas["Storage"]>;
export type Placement = Sent<Schemas["Placement"]>;
export type Limits = Sent<Schemas["Limits"]>;
export type Quotas = Partial<Sent<Schemas["Quotas"]>>;
export type QuotaUse = Sent<Schemas["QuotaUse"]>;
export type QuotaStanding = Sent<Schemas["QuotaStanding"]>;
export type IntRange = Sent<Schemas["IntRange"]>;
export type Snapshot = Sent<Schemas["Snapshot"]>;
export type TakeSnapshotRequest = Schemas["TakeSnapshotRequest"];
export type EditSnapshotRequest = Schemas["EditSnapshotRequest"];
export type GoldenImage = Sent<Schemas["GoldenImage"]>;
export type EditGoldenImageRequest = Schemas["EditGoldenImageRequest"];
export type CreateGoldenImageRequest = Schemas["CreateGoldenImageRequest"];
export type ForkRequest = Schemas["ForkRequest"];
export type Pool = Sent<Schemas["Pool"]>;
export type CreatePoolRequest = Schemas["CreatePoolRequest"];
export type ResizePoolRequest = Schemas["ResizePoolRequest"];
export type Lease = Sent<Schemas["Lease"]>;
export type ClaimRequest = Schemas["ClaimRequest"];
export type Template = Sent<Schemas["Template"]>;
export type TemplateContent = Sent<Schemas["TemplateContent"]>;
export type TemplatePool = Sent<Schemas["TemplatePool"]>;
export type TemplateValidation = Sent<Schemas["TemplateValidation"]>;
export type TextMistake = Sent<Schemas["TextMistake"]>;
export type Operation = Sent<Schemas["Operation"]>;
export type Connection = Sent<Schemas["Connection"]>;
export type Share = Sent<Schemas["Share"]>;
export type CreateShareRequest = Partial<Schemas["CreateShareRequest"]>;
export type CreatedShare = Sent<Schemas["CreatedShare"]>;
export type OpenedShare = Sent<Schemas["OpenedShare"]>;
export type Session = Sent<Schemas["Session"]>;
export type SignUpMode = Schemas["SignUpMode"];
export type Account = Sent<Schemas["Account"]>;
export type BrowserSession = Sent<Schemas["BrowserSession"]>;
export type Identity = Sent<Schemas["Identity"]>;
export type ApiToken = Sent<Schemas["ApiToken"]>;
export type User = Sent<Schemas["User"]>;
export type UserRole = Schemas["UserRole"];
export type ProjectRole = Schemas["ProjectRole"];
export type Project = Sent<Schemas["Project"]>;
export type MachineUser = Sent<Schemas["MachineUser"]>;
export type ProjectMember = Sent<Schemas["ProjectMember"]>;
export type Invitation = Sent<Schemas["Invitation"]>;
export type AuditEntry = Sent<Schemas["AuditEntry"]>;
export type AuditVerification = Sent<Schemas["AuditVerificationResult"]>;
export type Problem = Sent<Schemas["Problem"]>;
export type WarrenEvent = { id: number; type: string; subjectId: string; at: string; data?: unknown };
export type Page<T> = { items: T[]; next?: string };
