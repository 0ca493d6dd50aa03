import type { Operation } from "../api/types";

/** Whether nothing more will happen to it. */
export function hasEnded(operation: Operation): boolean {
  return operation.status === "succeeded" || operation.status === "failed" || operation.status === "cancelled";
}
