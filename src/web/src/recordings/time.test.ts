import { expect, test } from "vitest";
import { clock, spoken } from "./time";

test.each([
  [0, "0:00", "0 seconds"],
  [7.9, "0:07", "7 seconds"],
  [750, "12:30", "12 minutes 30 seconds"],
  [3723, "1:02:03", "1 hours 2 minutes 3 seconds"],
  [-1, "0:00", "0 seconds"],
])("%d s is %s, read out as %s", (seconds, short, long) => {
  expect(clock(seconds)).toBe(short);
  expect(spoken(seconds)).toBe(long);
});
