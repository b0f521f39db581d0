// Keys of the terminal itself. All hold Ctrl and Shift, which a shell cannot tell from Ctrl alone,
// and none is one that browsers keep for themselves (T, N, W, Tab, Delete).
const WITH_CTRL_SHIFT = {
  KeyC: "copy",
  KeyE: "explain",
  KeyF: "find",
  Enter: "new",
  Backspace: "close",
  Backslash: "split",
  BracketLeft: "previous",
  BracketRight: "next",
  ArrowUp: "leave",
  Equal: "bigger",
  NumpadAdd: "bigger",
  Minus: "smaller",
  NumpadSubtract: "smaller",
  Digit0: "size",
  Numpad0: "size",
  Slash: "help",
};

// The action that a key asks for; "browser" if it is the browser's to do; null for the shell's keys.
export function actionOf(event, hasSelection) {
  if (event.type !== "keydown" || event.altKey || event.isComposing) return null;
  const { code, ctrlKey, metaKey, shiftKey } = event;
  if (metaKey) return code === "KeyC" || code === "KeyV" ? "browser" : null;
  if (code === "Insert" && ctrlKey && !shiftKey) return "copy";
  if (code === "Insert" && shiftKey && !ctrlKey) return "browser"; // it pastes, as with Ctrl-V
  if (!ctrlKey) return null;
  if (code === "KeyV") return "browser";
  if (code === "KeyC" && !shiftKey) return hasSelection ? "copy" : null;
  return shiftKey ? (WITH_CTRL_SHIFT[code] ?? null) : null;
}

// For a terminal's keys: false keeps a key from the shell.
export function keyHandler(terminal, run) {
  return (event) => {
    const action = actionOf(event, terminal.hasSelection());
    if (action === null) return true;
    if (action !== "browser") {
      event.preventDefault(); // else Ctrl-Shift-C opens a browser's inspector
      run(action);
    }
    return false;
  };
}
