import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import { Line, type LineStatus } from "./line";
import { openStrictly } from "./strict";

/** Lines that can be scrolled back to. */
const scrollback = 10_000;

/** Dark in both themes, as the screen is; sixteen colours that are told apart on it. */
const theme: ITheme = {
  background: "#0b0a09",
  foreground: "#dcd7d0",
  cursor: "#e3a857",
  cursorAccent: "#0b0a09",
  selectionBackground: "#5a4a2f",
  black: "#26221e",
  red: "#e5786d",
  green: "#7cc48d",
  yellow: "#e3b261",
  blue: "#82a8e0",
  magenta: "#c79bd6",
  cyan: "#76c1c4",
  white: "#d8d2ca",
  brightBlack: "#80786e",
  brightRed: "#f29a90",
  brightGreen: "#9edaac",
  brightYellow: "#f2cd8a",
  brightBlue: "#a8c5f0",
  brightMagenta: "#dcbce6",
  brightCyan: "#9bd9dc",
  brightWhite: "#fbf8f4",
};

/** A terminal in an element, on a machine's serial line while that is on. */
export function useTerminal({ machine, on, viewOnly, reader, onEscape }: { machine: string; on: boolean; viewOnly: boolean; reader: boolean; onEscape: () => void }) {
  const target = useRef<HTMLDivElement>(null);
  const [terminal, setTerminal] = useState<Terminal>();
  const [line, setLine] = useState<Line>();
  const [status, setStatus] = useState<LineStatus>({ is: "off" });
  const escape = useRef(onEscape);
  escape.current = onEscape;
  const silent = useRef(viewOnly);
  silent.current = viewOnly;

  useEffect(() => {
    const element = target.current;
    if (!element) return;
    const made = new Terminal({ theme, scrollback, cursorBlink: true, fontSize: 13, fontFamily: '"JetBrains Mono Variable", ui-monospace, monospace', minimumContrastRatio: 4.5 });
    const fit = new FitAddon();
    made.loadAddon(fit);
    openStrictly(made, element);
    fit.fit();
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(element);
    let old = 0;
    const joined = new Line(machine, {
      status: setStatus,
      anew: () => made.reset(),
      missed: (bytes) => made.write(`\r\n\x1b[7m ${bytes} bytes are missing here: the log does not go back so far \x1b[0m\r\n`),
      bytes: (bytes, before) => {
        if (!before) return made.write(bytes);
        old++;
        made.write(bytes, () => old--);
      },
    });
    // What a guest asked of its terminal earlier has been answered, and of several terminals one is enough to answer.
    const may = () => old === 0 && !silent.current && element.contains(document.activeElement);
    made.onData((text) => may() && joined.type(text));
    made.onBinary((text) => may() && joined.type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    made.attachCustomKeyEventHandler((event) => {
      if (event.ctrlKey && event.altKey && event.shiftKey) {
        if (event.type === "keydown") escape.current();
        return false;
      }
      if (!event.ctrlKey || !event.shiftKey) return true;
      // Ctrl+C and Ctrl+V are the guest's; with Shift they are the browser's.
      if (event.code === "KeyC" && event.type === "keydown" && made.hasSelection()) {
        event.preventDefault();
        void navigator.clipboard?.writeText(made.getSelection());
        return false;
      }
      return event.code !== "KeyV" && event.code !== "KeyC";
    });
    setTerminal(made);
    setLine(joined);
    return () => {
      joined.stop();
      resized.disconnect();
      made.dispose();
      setTerminal(undefined);
      setLine(undefined);
    };
  }, [machine]);

  useEffect(() => {
    if (!line) return;
    if (!on) return line.stop();
    line.start(viewOnly);
  }, [line, on, viewOnly]);

  useEffect(() => {
    if (!terminal) return;
    terminal.options.screenReaderMode = reader;
    terminal.options.disableStdin = viewOnly;
  }, [terminal, reader, viewOnly]);

  return { target, status, terminal };
}
