// JupyterLab takes arrow keys away from what lies in a cell. Our controls hear them first, and keep them.

export function guardKeys(root) {
  const keep = (event) => {
    const [target] = event.composedPath();
    if (!root.contains(target) || !(target instanceof Element)) return;
    if (!target.matches("input, select, textarea, button, summary, [tabindex]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopImmediatePropagation();
    // Stopped here it reaches no listener of ours either: those hear of it under another name.
    const told = new CustomEvent("dl-key", { detail: event.key, cancelable: true, bubbles: true });
    if (!target.dispatchEvent(told)) event.preventDefault();
  };
  window.addEventListener("keydown", keep, true);
  return () => window.removeEventListener("keydown", keep, true);
}
