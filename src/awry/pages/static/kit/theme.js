// Before the page is drawn, so that it never flashes in the other colours.
try {
  const chosen = localStorage.getItem("awry-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: as the system.
}
