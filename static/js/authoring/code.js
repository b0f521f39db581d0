// One CodeMirror editor, dressed as the site is.
import "../nonce.js";
import * as cm from "../../vendor/codemirror/codemirror.js";

const nonce = document.querySelector("link[nonce]")?.nonce ?? "";
const { tags } = cm;
const colours = cm.HighlightStyle.define([
  { tag: tags.heading, fontWeight: "650" },
  { tag: [tags.keyword, tags.operatorKeyword, tags.processingInstruction], color: "var(--accent)" },
  { tag: [tags.string, tags.monospace], color: "var(--code-string)" },
  { tag: [tags.comment, tags.quote], color: "var(--quiet)" },
  { tag: [tags.number, tags.bool, tags.atom], color: "var(--code-number)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: [tags.link, tags.url], color: "var(--accent)" },
]);
const dress = cm.EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: ".88rem" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--quiet)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)" },
  ".cm-tooltip, .cm-panels": { color: "var(--text)", backgroundColor: "var(--surface)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-panels input, .cm-panels button": { color: "var(--text)", background: "var(--surface)" },
  ".cm-changedLine": { backgroundColor: "color-mix(in srgb, var(--accent) 12%, transparent)" },
});

function language(name) {
  return name.endsWith(".toml") ? cm.StreamLanguage.define(cm.toml) : cm.markdown();
}

// What every editor has; the nonce lets CodeMirror's style element through the content policy.
export function basics(name) {
  return [
    cm.EditorView.cspNonce.of(nonce), dress, cm.syntaxHighlighting(colours), language(name),
    cm.EditorView.lineWrapping, cm.lineNumbers(), cm.highlightSpecialChars(), cm.history(), cm.drawSelection(),
    cm.dropCursor(), cm.highlightActiveLine(), cm.highlightActiveLineGutter(), cm.bracketMatching(), cm.search({ top: true }),
  ];
}

export function stateOf(name, text, { label, complete, changed, save, picture }) {
  return cm.EditorState.create({
    doc: text,
    extensions: [
      basics(name),
      cm.lintGutter(),
      cm.autocompletion({ override: [complete], activateOnTyping: true, icons: false }),
      cm.EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", lang: name.match(/\.([a-z]{2})\.md$/)?.[1] ?? "en" }),
      cm.keymap.of([
        { key: "Mod-s", run: () => (save(), true), preventDefault: true },
        ...cm.completionKeymap, ...cm.lintKeymap, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.defaultKeymap, cm.indentWithTab,
      ]),
      cm.EditorView.updateListener.of((update) => update.docChanged && changed(name, update.state)),
      cm.EditorView.domEventHandlers({
        drop: (event, view) => take(event, event.dataTransfer?.files, view, picture),
        paste: (event, view) => take(event, event.clipboardData?.files, view, picture),
      }),
    ],
  });
}

function take(event, files, view, picture) {
  const pictures = [...(files ?? [])].filter((file) => file.type.startsWith("image/"));
  if (!pictures.length) return false;
  event.preventDefault();
  const at = event.type === "drop" ? view.posAtCoords({ x: event.clientX, y: event.clientY }) : null;
  for (const file of pictures) picture(file, view, at);
  return true;
}

// Mistakes of one file: { line, message, severity }; line 0 is the whole file.
export function mark(state, found) {
  const marks = found.map(({ line, message, severity }) => {
    const at = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
    return { from: at.from, to: at.to, message, severity };
  });
  return cm.setDiagnostics(state, marks.sort((a, b) => a.from - b.from));
}

export const EditorView = cm.EditorView;
export const MergeView = cm.MergeView;
export const readOnly = cm.EditorState.readOnly.of(true);
