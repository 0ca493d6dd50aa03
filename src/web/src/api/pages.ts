import { infiniteQueryOptions, type InfiniteData } from "@tanstack/react-query";
import type { Page } from "./types";

/** What TanStack Query keeps of a list that is read page by page. */
export type Pages<T> = InfiniteData<Page<T>, string | undefined>;

/** A list read by cursor, `size` entries at a time. */
export function pagesQuery<T>(key: readonly unknown[], read: (after: string | undefined, signal: AbortSignal) => Promise<Page<T>>) {
  return infiniteQueryOptions<Page<T>, Error, Pages<T>, readonly unknown[], string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next,
  });
}

/** A short list in whole, however many pages the server makes of it. */
export async function everyPage<T>(read: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const page = await read(after);
    all.push(...page.items);
    after = page.next;
  } while (after);
  return all;
}

/** All entries read so far, in order. */
export function entries<T>(pages: Pages<T> | undefined): T[] {
  return pages ? pages.pages.flatMap((page) => page.items) : [];
}

/** Puts a changed entry in its place, or a new one at the front unless `insert` is false. Pages that do not hold it stay the same objects. */
export function upsert<T extends { id: string }>(pages: Pages<T> | undefined, item: T, insert = true): Pages<T> | undefined {
  if (!pages) return pages;
  let found = false;
  const next = pages.pages.map((page) => {
    const at = page.items.findIndex((other) => other.id === item.id);
    if (at < 0) return page;
    found = true;
    return { ...page, items: page.items.with(at, item) };
  });
  const first = next[0];
  if (!found && insert && first) next[0] = { ...first, items: [item, ...first.items] };
  return found || insert ? { ...pages, pages: next } : pages;
}

/** Takes an entry out. */
export function remove<T extends { id: string }>(pages: Pages<T> | undefined, id: string): Pages<T> | undefined {
  if (!pages?.pages.some((page) => page.items.some((item) => item.id === id))) return pages;
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })) };
}
