import { expect, test } from "vitest";
import type { Pool } from "../api/types";
import { madeFrom, percent, room, seconds, wait } from "./words";

test("waits are told in milliseconds until they are a second", () => {
  expect([undefined, 0, 12, 999, 1000, 62_000].map(wait)).toEqual(["–", "0 ms", "12 ms", "999 ms", "1 s", "1 min 2 s"]);
});

test("a rate is not rounded to never or always", () => {
  expect([undefined, 0, 0.001, 0.5, 0.9999, 1].map(percent)).toEqual(["–", "0 %", "1 %", "50 %", "99 %", "100 %"]);
});

test("minutes are typed with a comma or a point, and need not be typed", () => {
  expect([" ", "1", "0.5", "0,5", "x"].map(seconds)).toEqual([undefined, 60, 30, 30, NaN]);
});

test("a pool that holds more than its maximum has no room", () => {
  const pool = (max: number) => ({ max, spares: 2, filling: 1, lent: 3, leaving: 1, machine: { goldenImage: "dev@1" } }) as Pool;
  expect([room(pool(10)), room(pool(5))]).toEqual([3, 0]);
  expect(madeFrom(pool(1))).toBe("dev@1");
});
