/** The part of noVNC that has to do with clipboards. */
export type ClipboardScreen = EventTarget & { clipboardPasteFrom: (text: string) => void };

/** This computer's clipboard, where the browser lets pages have it: over https, or on the computer itself. */
export type OwnClipboard = { read: () => Promise<string>; write: (text: string) => Promise<void> };

const kept = "warren.clipboardInStep";

export const wantsInStep = (): boolean => localStorage.getItem(kept) === "yes";
export const keepInStep = (on: boolean): void => (on ? localStorage.setItem(kept, "yes") : localStorage.removeItem(kept));

/**
 * A machine's clipboard, and this computer's, which are the same while `inStep` says so. What is the guest's goes to this computer at once;
 * what is this computer's goes to the guest only when its screen is used: until then, what is copied here is nobody else's.
 */
export class SharedClipboard {
  /** What was last seen on this computer's, or put there. */
  private last: string | undefined;
  private readonly screen: ClipboardScreen;
  private readonly own: OwnClipboard;
  private readonly inStep: () => boolean;
  private readonly shown: (text: string) => void;
  private readonly given = new AbortController();

  constructor(screen: ClipboardScreen, own: OwnClipboard, inStep: () => boolean, shown: (text: string) => void) {
    [this.screen, this.own, this.inStep, this.shown] = [screen, own, inStep, shown];
    screen.addEventListener("clipboard", (event) => void this.copied((event as CustomEvent<{ text: string }>).detail.text), { signal: this.given.signal });
  }

  /** Puts a text on the guest's clipboard. */
  give(text: string): void {
    this.shown(text);
    this.screen.clipboardPasteFrom(text);
  }

  /** The screen is used: what was copied here meanwhile goes to the guest. */
  async used(): Promise<void> {
    if (!this.inStep()) return;
    // Browsers refuse it where the person has not agreed, or the page has no focus.
    const text = linesOf(await this.own.read().catch(() => ""));
    if (!text || text === this.last || this.given.signal.aborted) return;
    this.last = text;
    if (fits(text)) this.give(text);
  }

  end(): void {
    this.given.abort();
  }

  private async copied(text: string): Promise<void> {
    this.shown(text);
    if (!this.inStep()) return;
    // Where it cannot be had, this computer's is as it was, and no news to the guest.
    await this.own.write(text).then(
      () => (this.last = text),
      () => {},
    );
  }
}

/** Whether a text is short enough to be carried: `ISharedClipboard.LongestText`. */
export const fits = (text: string): boolean => new TextEncoder().encode(text).length <= 1 << 20;

/** Some systems end lines of what is put on their clipboards in their own way. */
const linesOf = (text: string): string => text.replaceAll("\r\n", "\n");
