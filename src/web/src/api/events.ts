import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { applyEvent } from "./cache";
import type { Operation, WarrenEvent } from "./types";

/** Whether what the pages show is being kept up to date. */
export type Liveness = "connecting" | "live" | "lost";

const types = [
  "machine.changed", "machine.created", "machine.deleted", "machine.expiring", "machine.idle", "machine.unwatched", "image.changed", "image.created", "image.deleted", "golden-image.changed",
  "golden-image.created", "golden-image.deleted", "template.changed", "template.created", "template.deleted", "pool.changed", "pool.created", "pool.deleted", "pool.low", "lease.changed", "lease.created",
  "lease.deleted", "connection.opened", "connection.closed", "share.created", "share.deleted", "machine-user.created", "machine-user.changed", "machine-user.deleted", "snapshot.changed", "snapshot.created", "snapshot.deleted", "operation.changed", "host.added", "host.changed", "host.status",
  "host.removed",
];
/** First words of the query keys whose data the events keep up to date. */
const told = new Set<unknown>(["machines", "machine", "snapshots", "images", "golden-images", "catalogue", "templates", "pools", "leases", "connections", "shares", "machine-users", "operations", "operation", "hosts", "host"]);
const longestPause = 15_000;

/** Follows the server's events while the tab is seen; a hidden tab lets go of its connection, of which a browser has six per server. */
export class EventFeed {
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause = 1000;
  #liveness: Liveness = "connecting";
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly client: QueryClient,
    private readonly onOperation: (operation: Operation) => void,
  ) {}

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly liveness = () => this.#liveness;

  start(): () => void {
    const onVisibility = () => (document.hidden ? this.#close() : this.#open());
    document.addEventListener("visibilitychange", onVisibility);
    this.#open();
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      this.#close();
    };
  }

  #open(): void {
    if (this.#source) return;
    const source = new EventSource("/api/v1/events");
    this.#source = source;
    // The server's first word: from here on every change is told. What was read before it may be older, so it is read again.
    source.addEventListener("hello", () => {
      void this.client.invalidateQueries({ predicate: ({ queryKey }) => told.has(queryKey[0]) });
      this.#pause = 1000;
      this.#say("live");
    });
    source.onerror = () => {
      this.#say("lost");
      // A refused stream is closed for good by the browser; a broken one it mends itself.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#close();
      this.#retry = setTimeout(() => this.#open(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, longestPause);
    };
    for (const type of types) source.addEventListener(type, (message) => this.#take(message as MessageEvent<string>));
  }

  #take(message: MessageEvent<string>): void {
    const event = JSON.parse(message.data) as WarrenEvent;
    applyEvent(this.client, event);
    if (event.type === "operation.changed" && event.data) this.onOperation(event.data as Operation);
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }

  #say(liveness: Liveness): void {
    this.#liveness = liveness;
    for (const listener of this.#listeners) listener();
  }
}

let feed: EventFeed | undefined;

/** Starts the feed with the first page that needs it, and tells how it is doing. */
export function useEventFeed(onOperation: (operation: Operation) => void): Liveness {
  const client = useQueryClient();
  feed ??= new EventFeed(client, onOperation);
  const current = feed;
  useEffect(() => current.start(), [current]);
  return useSyncExternalStore(current.subscribe, current.liveness);
}
