// The terminal part of a page, put together: terminals, find bar, menu, keys.
import { Clipboard } from "./clipboard.js";
import { ask } from "./dialogs.js";
import { Files } from "./files.js";
import { followKeyboard, KeyBar } from "./keybar.js";
import { Menu } from "./menu.js";
import { Recording } from "./recording.js";
import { FindBar } from "./search.js";
import { Sharing } from "./share.js";
import { Settings } from "./settings.js";
import { keyHandler } from "./shortcuts.js";
import { selectByTouch } from "./touch.js";
import { Workspace } from "./workspace.js";

export function startTerminals(element, { onStatus }) {
  const settings = new Settings();
  const part = (name) => element.querySelector(`[data-${name}]`);
  const find = new FindBar(part("find"), { current: () => workspace.active });
  const clipboard = new Clipboard({
    warning: part("paste-dialog"),
    field: part("paste-by-hand-dialog"),
    onFiles: (files) => transfers.upload(files),
  });
  const transfers = new Files(element, { dialog: part("download-dialog"), current: () => workspace.active });
  const sharing = new Sharing(element, part("share-dialog"), { current: () => workspace.active });
  const recording = new Recording(element, { onChange: () => workspace.redraw() });

  const actions = {
    copy: () => clipboard.copy(workspace.active),
    paste: () => clipboard.paste(workspace.active),
    "select-all": () => workspace.active.terminal.selectAll(),
    clear: () => workspace.active.terminal.clear(),
    find: () => find.open(),
    bigger: () => settings.resize(1),
    smaller: () => settings.resize(-1),
    size: () => settings.resize(0),
    "screen-reader": () => settings.toggleScreenReader(),
    new: () => workspace.add(),
    split: () => workspace.split(),
    rename: () => workspace.rename(workspace.active),
    close: () => workspace.active.close(),
    next: () => workspace.step(1),
    previous: () => workspace.step(-1),
    leave: () => workspace.tabs.focus(),
    upload: () => transfers.choose(),
    download: () => transfers.browse(),
    record: () => recording.toggle(workspace.active),
    recordings: () => window.open(element.dataset.recordings, "_blank", "noopener"),
    share: () => sharing.open(),
    explain: () => explainLast(workspace.active.command),
    help: () => ask(part("help-dialog")),
    menu: () => openMenu(),
  };
  const run = (action) => actions[action]();

  const menu = new Menu(part("menu"), {
    run,
    state: (action) => ({
      disabled: { copy: !workspace.active.terminal.hasSelection(), explain: !workspace.active.command }[action],
      checked: { "screen-reader": settings.screenReader, split: workspace.shown.length === 2, record: workspace.active.recorder !== null }[action],
    }),
  });
  const menuButton = element.querySelector('[data-action="menu"]');
  const openMenu = () => {
    const { left, bottom } = menuButton.getBoundingClientRect();
    if (menu.open) menu.hide();
    else menu.show(left, bottom + 4, menuButton);
  };

  // The explainer, in a tab of its own: the terminal stays as it is.
  const explainButton = element.querySelector('[data-toolbar] [data-action="explain"]');
  const explainLast = (line) => line && window.open(`${element.dataset.explain}?line=${encodeURIComponent(line)}`, "_blank", "noopener");
  const offerToExplain = (line) => {
    explainButton.disabled = !line;
    explainButton.title = `${line ? explainButton.dataset.title.replace("[line]", () => line) : explainButton.dataset.nothing} (Ctrl+Shift+E)`;
  };

  const keyBar = new KeyBar(part("keybar"), { current: () => workspace.active, paste: () => run("paste") });
  followKeyboard();

  const onView = (view) => {
    view.transform = (data) => keyBar.transform(data);
    selectByTouch(view, (x, y) => menu.show(x, y, view.terminal.textarea));
    view.terminal.attachCustomKeyEventHandler(keyHandler(view.terminal, run));
    clipboard.listen(view);
    transfers.listen(view);
    view.slot.addEventListener("contextmenu", (event) => {
      // With Shift it is the browser's own menu; programs that use the mouse get their clicks.
      if (event.shiftKey) return;
      event.preventDefault();
      menu.show(event.clientX, event.clientY, view.terminal.textarea);
    });
  };
  for (const button of element.querySelectorAll("[data-toolbar] [data-action]")) {
    button.addEventListener("click", () => run(button.dataset.action));
  }

  const workspace = new Workspace(element, {
    settings,
    onView,
    events: {
      status: (view) => onStatus(view.state, view.statusText ?? ""),
      removing: (view) => recording.stop(view),
      changed: () => workspaceReady() && find.follow(),
      commanded: ({ command }) => offerToExplain(command),
    },
  });
  function workspaceReady() {
    return element.dataset.started === "yes";
  }
  element.dataset.started = "yes";
  return { workspace, settings, actions };
}
