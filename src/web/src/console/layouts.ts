/** Keyboards of guests: which keys give a character. From the layouts that Linux and Windows share (xkeyboard-config us, gb, de, fr). */
export type LayoutName = "us" | "gb" | "de" | "fr";

export const layoutNames: readonly (readonly [LayoutName, string])[] = [
  ["us", "US English"],
  ["gb", "British"],
  ["de", "German"],
  ["fr", "French"],
];

/** One key with what is held beside it; after a dead key a space makes its character. */
export type Stroke = { code: string; keysym: number; shift: boolean; altGr: boolean; dead: boolean };

const letters = (all: string) => [...all].map((letter) => `Key${letter}`);
const rows = [
  ["Backquote", ..."1234567890"].map((key) => (key.length === 1 ? `Digit${key}` : key)).concat("Minus", "Equal"),
  letters("QWERTYUIOP").concat("BracketLeft", "BracketRight", "Backslash"),
  letters("ASDFGHJKL").concat("Semicolon", "Quote"),
  ["IntlBackslash", ...letters("ZXCVBNM"), "Comma", "Period", "Slash"],
];

// A row each: alone, with Shift, with AltGr. A space stands for no character.
type Row = readonly [alone: string, shift: string, altGr?: string];
const tables: Record<LayoutName, { rows: readonly Row[]; dead: string }> = {
  us: {
    rows: [["`1234567890-=", "~!@#$%^&*()_+"], ["qwertyuiop[]\\", "QWERTYUIOP{}|"], ["asdfghjkl;'", 'ASDFGHJKL:"'], [" zxcvbnm,./", " ZXCVBNM<>?"]],
    dead: "",
  },
  gb: {
    rows: [["`1234567890-=", '¬!"£$%^&*()_+', "¦   €"], ["qwertyuiop[]#", "QWERTYUIOP{}~"], ["asdfghjkl;'", "ASDFGHJKL:@"], ["\\zxcvbnm,./", "|ZXCVBNM<>?"]],
    dead: "",
  },
  de: {
    rows: [["^1234567890ß´", '°!"§$%&/()=?`', "  ²³   {[]}\\"], ["qwertzuiopü+#", "QWERTZUIOPÜ*'", "@ €        ~"], ["asdfghjklöä", "ASDFGHJKLÖÄ"], ["<yxcvbnm,.-", ">YXCVBNM;:_", "|      µ"]],
    dead: "^´`",
  },
  fr: {
    rows: [["²&é\"'(-è_çà)=", " 1234567890°+", "  ~#{[|`\\^@]}"], ["azertyuiop $*", "AZERTYUIOP £µ", "  €        ¤"], ["qsdfghjklmù", "QSDFGHJKLM%"], ["<wxcvbn,;:!", ">WXCVBN?./§"]],
    dead: "",
  },
};

const fixed: Record<string, [code: string, keysym: number]> = { "\n": ["Enter", 0xff0d], "\t": ["Tab", 0xff09], " ": ["Space", 0x20] };

/** How a character is named in RFB: Latin-1 as it is, others by their code point (X11 protocol, appendix A). */
export const keysymOf = (character: string): number => {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x0100_0000 | point;
};

function makeKeyboard(name: LayoutName): Map<string, Stroke> {
  const { rows: table, dead } = tables[name];
  const keyboard = new Map<string, Stroke>();
  for (const level of [0, 1, 2] as const)
    for (const [row, codes] of rows.entries())
      for (const [at, character] of [...(table[row]?.[level] ?? "")].entries())
        if (character !== " " && !keyboard.has(character)) keyboard.set(character, { code: codes[at] ?? "", keysym: keysymOf(character), shift: level === 1, altGr: level === 2, dead: dead.includes(character) });
  for (const [character, [code, keysym]] of Object.entries(fixed)) keyboard.set(character, { code, keysym, shift: false, altGr: false, dead: false });
  return keyboard;
}

/** The strokes that type a text, and the characters that the keyboard does not have. */
export function strokesOf(text: string, layout: LayoutName): { strokes: Stroke[]; missing: string[] } {
  const keyboard = makeKeyboard(layout);
  const strokes: Stroke[] = [];
  const missing = new Set<string>();
  for (const character of text.replaceAll("\r\n", "\n")) {
    const stroke = keyboard.get(character);
    if (!stroke) missing.add(character);
    else {
      strokes.push(stroke);
      if (stroke.dead) strokes.push({ code: "Space", keysym: 0x20, shift: false, altGr: false, dead: false });
    }
  }
  return { strokes, missing: [...missing] };
}
