/** Whether a text can be a code: six digits, or a recovery code of sixteen letters and digits; spaces and hyphens do not count. */
export function isCode(text: string): boolean {
  return /^(\d{6}|[a-z2-7]{16})$/i.test(text.replace(/[\s-]/g, ""));
}

/** A secret in groups of four, as people read it. */
export function inGroups(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(" ") ?? "";
}

/** The dark squares of a code of `size` times `size` squares as one SVG path, each row's runs drawn at once. */
export function darkPath(size: number, isDark: (row: number, column: number) => boolean): string {
  let path = "";
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      if (!isDark(row, column)) continue;
      const from = column;
      while (column + 1 < size && isDark(row, column + 1)) column++;
      path += `M${from} ${row}h${column - from + 1}v1h-${column - from + 1}z`;
    }
  return path;
}

const browsers = [
  [/\bEdg\//, "Edge"],
  [/\bFirefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;

const systems = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
] as const;

/** What a browser calls itself, in two words. */
export function browserName(userAgent: string): string {
  const of = (names: readonly (readonly [RegExp, string])[]) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [browser, system] = [of(browsers), of(systems)];
  return browser && system ? `${browser} on ${system}` : (browser ?? (userAgent.split(" ")[0] || "Unknown browser"));
}
