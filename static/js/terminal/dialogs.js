// Dialogs of the page, as promises.

// Show a dialog; resolve with the value of the button that closed it, "" if it was Escape.
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  // No submit button, for Enter in a field would press the first of those.
  const cancel = dialog.querySelector("[data-cancel]");
  if (cancel) cancel.onclick = () => dialog.close("");
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
