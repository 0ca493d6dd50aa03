/** What is kept of a log in the page, in characters. */
export const kept = 200_000;

// CSI and OSC sequences and two-character escapes of ECMA-48, as firmware, kernels and shells send them to a serial terminal.
// eslint-disable-next-line no-control-regex
const escapes = /\x1b(?:\[[0-9;?<=>]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()][0-9A-Za-z]|[@-Z\\^_=>78c])/g;

/** A serial log without its terminal control: colours gone, carriage returns and backspaces carried out. */
export function plainText(raw: string): string {
  return raw
    .replace(escapes, "")
    .replace(/\r+\n/g, "\n")
    .split("\n")
    .map((line) => overwrite(line))
    .join("\n");
}

// A carriage return goes back to the line's start, and what follows is written over what was there.
function overwrite(line: string): string {
  if (!/[\r\b]/.test(line)) return clean(line);
  let shown = "";
  for (const part of line.split("\r")) {
    const text = clean(part.replace(/[^\b]\x08/g, ""));
    shown = text + shown.slice(text.length);
  }
  return shown;
}

function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
}

/** The last part of a growing text, begun at a line's start. */
export function tail(text: string): string {
  if (text.length <= kept) return text;
  const cut = text.slice(-kept);
  return cut.slice(cut.indexOf("\n") + 1);
}
