// A long touch selects the word below it and opens the menu, where it can be copied.
const LONG = 500; // milliseconds
const STILL = 10; // pixels
const WORD = /[^\s"'`()[\]{}<>|;,]/;

export function selectByTouch(view, openMenu) {
  let timer = null;
  let from = null;
  let done = false;
  const stop = () => clearTimeout(timer);
  const { slot } = view;
  slot.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || !event.target.closest("[data-terminal]")) return;
    from = event;
    done = false;
    timer = setTimeout(() => {
      done = true;
      selectWord(view.terminal, event.clientX, event.clientY);
      openMenu(event.clientX, event.clientY);
    }, LONG);
  });
  slot.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > STILL) stop();
  });
  // The mouse that browsers make of a touch would click into the terminal and close the menu.
  slot.addEventListener("touchend", (event) => done && event.cancelable && event.preventDefault(), { passive: false });
  for (const end of ["pointerup", "pointercancel"]) slot.addEventListener(end, stop);
}

function selectWord(terminal, x, y) {
  const box = terminal.element.querySelector(".xterm-screen").getBoundingClientRect();
  const column = Math.floor(((x - box.left) / box.width) * terminal.cols);
  const row = terminal.buffer.active.viewportY + Math.floor(((y - box.top) / box.height) * terminal.rows);
  const line = terminal.buffer.active.getLine(row);
  const isWord = (at) => WORD.test(line?.getCell(at)?.getChars() || " ") || line?.getCell(at)?.getWidth() === 0;
  if (!isWord(column)) {
    terminal.clearSelection();
    return;
  }
  let start = column;
  let end = column;
  while (start > 0 && isWord(start - 1)) start -= 1;
  while (end < terminal.cols - 1 && isWord(end + 1)) end += 1;
  terminal.select(start, row, end - start + 1);
}
