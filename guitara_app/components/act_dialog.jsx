// One dialog for every action: what to ask is the server's to say; what was typed stays until it was done or left.
import { createElement as h, useEffect, useId, useRef, useState } from "react";

export const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join(""));

export function ActDialog({ ask = {}, refused = {}, answered = 0, done = "", onDo, className }) {
  const dialog = useRef(null);
  const form = useRef(null);
  const id = useId();
  const [shown, setShown] = useState(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (!ask.action) return;
    setShown({ ...ask, key: newKey() });
    setBusy(false);
  }, [ask.number]);
  useEffect(() => {
    if (shown && !dialog.current.open) dialog.current.showModal();
  }, [shown]);
  useEffect(() => setBusy(false), [answered]);
  useEffect(() => {
    if (shown && done === shown.key) dialog.current.close();
  }, [done]);

  if (!shown) return h("dialog", { ref: dialog, className });
  const of = (field) => (refused.key === shown.key && refused[field]) || "";
  const known = new Set(["reason", ...shown.fields.map((field) => field.name)]);
  const rest = refused.key === shown.key ? Object.entries(refused).filter(([name]) => name !== "key" && !known.has(name)).map(([, words]) => words).join(" ") : "";
  const submit = (event) => {
    event.preventDefault();
    const values = {};
    for (const [name, value] of new FormData(form.current)) (values[name] ??= []).push(value);
    setBusy(true);
    onDo?.(shown.action, shown.target_id, shown.key, values);
  };
  const say = (words) => {
    const box = form.current.elements.reason;
    box.value = words;
    box.focus();
  };
  return h(
    "dialog",
    {
      ref: dialog,
      className: `dialog act-dialog ${className || ""}`,
      "aria-labelledby": `${id}-title`,
      onClick: (event) => event.target === dialog.current && dialog.current.close(),
      onClose: () => setShown(null),
    },
    h(
      "form",
      { ref: form, key: shown.key, onSubmit: submit, onKeyDown: (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && form.current.requestSubmit() },
      h("h2", { id: `${id}-title` }, shown.title),
      shown.text && h("p", { className: "mute" }, shown.text),
      shown.fields.map((field) => h(Field, { key: field.name, field, id: `${id}-${field.name}`, problem: of(field.name) })),
      shown.reasons.length > 0 && h("div", { className: "acts" }, shown.reasons.map((words) => h("button", { key: words, type: "button", className: "button button-small", onClick: () => say(words) }, words))),
      h(
        "div",
        { className: "field" },
        h("label", { className: "field-label", htmlFor: `${id}-reason` }, shown.reason_needed ? "Reason, kept in the history" : "Remark, if any"),
        h("textarea", { id: `${id}-reason`, name: "reason", className: "input", rows: 2, maxLength: 1000, required: shown.reason_needed, autoFocus: shown.fields.length === 0 }),
        h("p", { className: "field-problem", role: "alert" }, of("reason")),
      ),
      h("p", { className: "field-problem", role: "alert" }, rest),
      h(
        "div",
        { className: "dialog-acts" },
        h("button", { type: "button", className: "button", onClick: () => dialog.current.close() }, "Back"),
        h("button", { type: "submit", className: `button button-primary ${shown.grave ? "button-danger" : ""}`, disabled: busy, "aria-busy": busy }, shown.yes),
      ),
    ),
  );
}

function Field({ field, id, problem }) {
  const { name, label, kind, options, value, needed, hint } = field;
  const common = { id, name, className: "input", defaultValue: value, "aria-describedby": problem ? `${id}-problem` : undefined };
  const tail = [
    hint && h("p", { key: "hint", className: "field-hint" }, hint),
    h("p", { key: "problem", id: `${id}-problem`, className: "field-problem", role: "alert" }, problem),
  ];
  if (kind === "choose" || kind === "check")
    return h(
      "fieldset",
      { className: "field choices" },
      h("legend", { className: "field-label" }, label),
      options.length === 0 && h("p", { className: "mute" }, "Nothing to choose from."),
      options.map((one, index) =>
        h(
          "label",
          { key: one.value, className: "choice", "data-good": one.good },
          h("input", { type: kind === "choose" ? "radio" : "checkbox", name, value: one.value, defaultChecked: kind === "choose" ? one.value === value : undefined, required: kind === "choose" && needed, autoFocus: index === 0 }),
          h("span", { className: "choice-label" }, one.label),
          h("span", { className: "mute" }, one.detail),
        ),
      ),
      tail,
    );
  if (kind === "receipt") return h(Receipt, { field, id, problem });
  if (kind === "flag") return h("label", { className: "check" }, h("input", { type: "checkbox", name, value: "true" }), label);
  const control =
    kind === "select"
      ? h("select", common, options.map((one) => h("option", { key: one.value, value: one.value }, one.label)))
      : kind === "words"
        ? h("textarea", { ...common, rows: 2, maxLength: 1000 })
        : h("input", { ...common, className: "input num", required: needed, inputMode: kind === "money" ? "decimal" : kind === "number" ? "numeric" : "text", maxLength: 20, autoComplete: "off" });
  return h("div", { className: "field" }, h("label", { className: "field-label", htmlFor: id }, label), control, tail);
}

function Receipt({ field, id, problem }) {
  const [state, setState] = useState({ number: "", words: "" });
  const send = async (event) => {
    const file = event.target.files[0];
    if (!file) return setState({ number: "", words: "" });
    setState({ number: "", words: "Sending the picture" });
    const body = new FormData();
    body.append("receipt", file);
    try {
      const answer = await fetch(field.hint, { method: "POST", body, credentials: "same-origin" });
      const said = await answer.json();
      setState(answer.ok ? { number: said.receipt_id, words: said.warning || "The picture is kept." } : { number: "", words: said.detail || "This picture could not be kept. Choose another." });
    } catch {
      setState({ number: "", words: "No connection. Choose the picture again in a moment." });
    }
  };
  return h(
    "div",
    { className: "field" },
    h("label", { className: "field-label", htmlFor: id }, field.label),
    h("input", { id, type: "file", accept: "image/png,image/jpeg,image/webp,application/pdf", className: "input", onChange: send }),
    h("input", { type: "hidden", name: field.name, value: state.number }),
    h("p", { className: "field-hint", role: "status" }, state.words),
    h("p", { className: "field-problem", role: "alert" }, problem),
  );
}
