import type { Terminal } from "@xterm/xterm";

/** The part of xterm.js 6 that makes the letters. It is no public API: the version is pinned, and tests in a browser watch the policy. */
interface Inside {
  _core: { _renderService: { _renderer: { value: { _rowFactory: { _addStyle: (element: HTMLElement, style: string) => void } } } } };
}

/**
 * Opens a terminal in an element. xterm.js writes its styles into style elements and style attributes, which our content
 * policy refuses, for good reason; the same styles set through the object model (CSSOM) are no business of the policy's. So
 * the style elements that it makes while it is opened are sheets of the page, and the style of single letters (colours that
 * are in no palette) is set as such.
 */
export function openStrictly(terminal: Terminal, element: HTMLElement): void {
  document.createElement = create as typeof document.createElement;
  try {
    terminal.open(element);
  } finally {
    // What was there before is the prototype's.
    Reflect.deleteProperty(document, "createElement");
  }
  (terminal as unknown as Inside)._core._renderService._renderer.value._rowFactory._addStyle = (letter, style) => (letter.style.cssText += `;${style}`);
}

function create(name: string, options?: ElementCreationOptions): HTMLElement {
  // Even an empty style element is refused: something that means nothing stands in its place.
  const element = Document.prototype.createElement.call(document, name === "style" ? "template" : name, options);
  if (name === "style") adopt(element);
  return element;
}

/** Makes the text of an element a style sheet of the page. */
function adopt(element: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  let text = "";
  Object.defineProperty(element, "textContent", {
    get: () => text,
    set: (value: string) => {
      text = value;
      sheet.replaceSync(value);
    },
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
}
