// The style sheet, once a document (or shadow root), and whether the page around is dark.

export function putStyle(element) {
  const home = element.getRootNode();
  const place = home instanceof ShadowRoot ? home : document.head;
  if (place.querySelector("style[data-driftline]")) return;
  const style = document.createElement("style");
  style.dataset.driftline = "";
  style.textContent = CSS_TEXT;
  place.append(style);
}

export function isDark(element) {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  const asked = element.closest("[data-theme-wanted]")?.dataset.themeWanted;
  if (asked) return asked === "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}
