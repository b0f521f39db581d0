// What of CodeMirror the lesson editor uses; the set-up makes static/vendor/codemirror of it.
export { EditorState, Compartment, Annotation } from "@codemirror/state";
export {
  EditorView, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection,
  highlightSpecialChars, rectangularSelection, dropCursor,
} from "@codemirror/view";
export { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
export { autocompletion, completionKeymap, closeBrackets, closeBracketsKeymap, startCompletion } from "@codemirror/autocomplete";
export { setDiagnostics, lintGutter, lintKeymap, openLintPanel, nextDiagnostic } from "@codemirror/lint";
export { searchKeymap, highlightSelectionMatches, search } from "@codemirror/search";
export { HighlightStyle, StreamLanguage, bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
export { markdown } from "@codemirror/lang-markdown";
export { toml } from "@codemirror/legacy-modes/mode/toml";
export { MergeView } from "@codemirror/merge";
export { tags } from "@lezer/highlight";
