// Runs before the first paint, so that a remembered theme does not flash. A file of its own because the policy forbids inline scripts.
try {
  const theme = localStorage.getItem("warren.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be switched off; the system's theme is used then.
}
