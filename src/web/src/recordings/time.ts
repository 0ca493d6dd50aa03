/** A place in a recording: 0:07, 12:30, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (count: number) => String(count).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The same as it is read out. */
export function spoken(seconds: number): string {
  const [first = "0", ...rest] = clock(seconds).split(":");
  const units = rest.length === 2 ? ["hours", "minutes", "seconds"] : ["minutes", "seconds"];
  return [first, ...rest].map((count, at) => `${Number(count)} ${units[at]}`).filter((words, at, all) => !words.startsWith("0 ") || at === all.length - 1).join(" ");
}
