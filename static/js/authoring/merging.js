// Two changes of the same lines, side by side, until somebody has made one of them.
import { fill } from "../words.js";
import { EditorView, MergeView, basics, readOnly } from "./code.js";

export function mergeDialog(words) {
  const dialog = document.querySelector("[data-merging]");
  const view = dialog.querySelector("[data-merging-view]");
  const title = dialog.querySelector("[data-merging-title]");
  const fileName = dialog.querySelector("[data-merging-file]");
  const done = dialog.querySelector("[data-merging-save]");
  dialog.addEventListener("cancel", (event) => event.preventDefault());

  // Resolves to the mended texts by file name.
  return async ({ conflicts, by }) => {
    title.textContent = fill(words.conflict, { who: by });
    const mended = {};
    if (!dialog.open) dialog.showModal();
    for (const [name, { theirs, both }] of Object.entries(conflicts)) {
      fileName.textContent = name;
      const label = (text) => EditorView.contentAttributes.of({ "aria-label": `${name}: ${text}` });
      const merge = new MergeView({
        a: { doc: theirs, extensions: [basics(name), readOnly, label(words.theirs)] },
        b: { doc: both, extensions: [basics(name), label(words.yours)] },
        parent: view,
        revertControls: "a-to-b",
      });
      merge.b.focus();
      await new Promise((resolve) => done.addEventListener("click", resolve, { once: true }));
      mended[name] = merge.b.state.doc.toString();
      merge.destroy();
    }
    dialog.close();
    return mended;
  };
}
