// The two faces of a laboratory. Both compute here; what differs is where its data come from.
import { keepKeys } from "./keys.js";
import { bytes } from "./pictures.js";

// In a page: JSON and base64, in attributes. A laboratory that is not here has a script of its own.
export function page(modules) {
  for (const root of document.querySelectorAll(".course-lab[data-script]")) {
    if (!(root.dataset.script in modules)) continue;
    root.dataset.face = "page";
    const config = JSON.parse(root.dataset.config);
    modules[root.dataset.script].open(root, { ...config, bytes: bytes(root.dataset.bytes ?? "") });
  }
}

// In Jupyter: traitlets, which may change when the reader's objects do; then the laboratory opens anew, as it stood.
export const jupyter = (modules) => ({
  render({ model, el }) {
    let lab = null;
    const open = () => {
      el.innerHTML = model.get("page");
      const root = el.querySelector(".course-lab"), view = model.get("bytes");
      root.dataset.face = "jupyter";
      // A view of the message's buffer, which may begin anywhere in it: copied, so that numbers of 8 bytes can be read.
      const own = new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      lab = modules[root.dataset.script].open(root, { ...model.get("config"), bytes: own, resume: lab?.state });
      keepKeys(root);
      new MutationObserver(() => keepKeys(root)).observe(root, { childList: true, subtree: true });
    };
    model.on("change:serial", open);
    open();
    return () => model.off("change:serial", open);
  },
});
