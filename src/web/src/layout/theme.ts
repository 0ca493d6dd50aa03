import { useSyncExternalStore } from "react";

/** Light, dark, or whatever the system says. */
export type Theme = "system" | "light" | "dark";

const stored = "warren.theme";
const listeners = new Set<() => void>();

function current(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === "light" || set === "dark" ? set : "system";
}

export function setTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(stored);
    else localStorage.setItem(stored, theme);
  } catch {
    // Not remembered where storage is switched off.
  }
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
