// JupyterLab's shortcuts are written for whatever has the focus (`:focus`): it would take arrows from sliders, and delete
// the cell at dd. It looks for this mark on the element itself.
export function keepKeys(root) {
  for (const element of root.querySelectorAll("input, select, button, canvas, [tabindex]")) {
    element.dataset.lmSuppressShortcuts = "true";
  }
}
