// The style sheet, once a document (or shadow root), and whether the page around is dark.

export function putStyle(element) {
  const home = element.getRootNode();
  const place = home instanceof ShadowRoot ? home : document.head;
  // A page that stays open may have that of an older version.
  const style = place.querySelector("style[data-driftline]") ?? document.createElement("style");
  style.dataset.driftline = "";
  if (style.textContent !== CSS_TEXT) style.textContent = CSS_TEXT;
  if (!style.isConnected) place.append(style);
}

export function isDark(element) {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  const asked = element.closest("[data-theme-wanted]")?.dataset.themeWanted;
  if (asked) return asked === "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}
