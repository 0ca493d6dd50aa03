import type { Problem } from "./types";

/** A refusal of the server, or the lack of any answer, as something to throw. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
  }

  /** Last part of the problem's stable type: `name-taken`, `validation`, … */
  get kind(): string {
    return this.problem.type.split(":").at(-1) ?? "";
  }
}

/** Reads the problem out of a refused response, whoever wrote it. */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get("content-type")?.includes("json")) {
    const body: unknown = await response.json().catch(() => null);
    if (isProblem(body)) return body;
  }
  return bare(response.status);
}

function bare(status: number): Problem {
  return {
    type: "about:blank",
    title: status >= 502 && status <= 504 ? "The server does not answer" : "The server refused",
    status,
    detail: `HTTP ${status} without an explanation.`,
  };
}

/** The same, of an answer that is not one of fetch. */
export function problemFrom(status: number, text: string): Problem {
  try {
    const body: unknown = JSON.parse(text);
    if (isProblem(body)) return body;
  } catch {
    // Somebody else's page.
  }
  return bare(status);
}

/** Any failure as a title and a text for people. */
export function explain(error: unknown): { title: string; detail?: string } {
  if (error instanceof ApiError) {
    const { title, detail } = error.problem;
    return detail && detail !== title ? { title, detail } : { title };
  }
  // fetch says no more than "Failed to fetch" when nobody answers.
  if (error instanceof TypeError) return { title: "The server does not answer", detail: "Check that it still runs, then try again." };
  return { title: error instanceof Error ? error.message : String(error) };
}

/** Field errors by name; names are normalised to `forwards[0].hostPort`. */
export function fieldErrors(error: unknown): Record<string, string[]> {
  // What is more than one's share is no mistake of any field.
  if (!(error instanceof ApiError) || !error.problem.errors || error.kind === "quota-exceeded") return {};
  const entries = Object.entries(error.problem.errors).map(([field, rules]) => [normalise(field), rules] as const);
  return Object.fromEntries(entries);
}

/** The rules broken by a field or by parts of it: `forwards` and `forwards[0].hostPort`, `labels` and `labels.zone`. */
export function below(errors: Record<string, string[]>, field: string): string[] {
  return [...new Set(Object.entries(errors).flatMap(([name, rules]) => (name === field || (name.startsWith(field) && ".[:".includes(name.charAt(field.length))) ? rules : [])))];
}

function normalise(field: string): string {
  return field
    .replace(/^\$\.?/, "")
    .split(".")
    .map((part) => part.charAt(0).toLowerCase() + part.slice(1))
    .join(".");
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && typeof body.title === "string";
}
