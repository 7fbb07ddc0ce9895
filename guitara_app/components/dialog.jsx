// A button that asks before it acts, in a native dialog, usually for a reason. What was typed stays when the dialog is left or the server refuses.
import { createElement as h, useId, useRef, useState } from "react";

export function AskReason({ label, title, text, yes, no = "Back", placeholder, choices = [], needed = true, subject, danger, onConfirm, className, children, ...props }) {
  const dialog = useRef(null);
  const [reason, setReason] = useState("");
  const id = useId();
  const submit = (event) => {
    event.preventDefault();
    if (needed && !reason.trim()) return;
    dialog.current.close();
    onConfirm?.(subject, reason.trim());
  };
  const choice = (words) =>
    h("button", { key: words, type: "button", className: "button button-small", "aria-pressed": reason === words, onClick: () => setReason(words) }, words);
  return h(
    "span",
    { className: "asks" },
    h("button", { ...props, type: "button", className, onClick: () => dialog.current.showModal() }, children, label),
    h(
      "dialog",
      { ref: dialog, className: "dialog", "aria-labelledby": `${id}-title`, onClick: (event) => event.target === dialog.current && dialog.current.close() },
      h(
        "form",
        { method: "dialog", onSubmit: submit },
        h("h2", { id: `${id}-title` }, title),
        text && h("p", { className: "mute" }, text),
        choices.length > 0 && h("div", { className: "acts" }, choices.map(choice)),
        h(
          "div",
          { className: "field" },
          h("label", { className: "field-label", htmlFor: `${id}-reason` }, placeholder),
          h("textarea", {
            id: `${id}-reason`,
            className: "input",
            rows: 2,
            maxLength: 1000,
            required: needed,
            value: reason,
            onChange: (event) => setReason(event.target.value),
          }),
        ),
        h(
          "div",
          { className: "dialog-acts" },
          h("button", { type: "button", className: "button", onClick: () => dialog.current.close() }, no),
          h("button", { type: "submit", className: `button button-primary ${danger ? "button-danger" : ""}`, disabled: needed && !reason.trim() }, yes),
        ),
      ),
    ),
  );
}
