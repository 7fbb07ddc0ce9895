// Fields, rows of fields and links of the first-run page; each field says by itself what is wrong with it.
import { createElement as h, useId, useState } from "react";

const BROKEN = "The server did not answer. Nothing was saved; try again in a moment.";

export async function send(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return { ok: answer.ok, said: await answer.json() };
  } catch {
    return { ok: false, said: { detail: BROKEN } };
  }
}

export function Text({ label, value, problem, onType, options, grow, narrow, check, ...props }) {
  const id = useId();
  const shared = { id, "aria-invalid": problem ? true : undefined, "aria-describedby": problem ? `${id}-problem` : undefined, ...props };
  const field = check
    ? h("input", { ...shared, type: "checkbox", checked: Boolean(value), onChange: (event) => onType(event.target.checked) })
    : options
      ? h("select", { ...shared, className: "input", value, onChange: (event) => onType(event.target.value) }, options.map(([key, word]) => h("option", { key, value: key }, word)))
      : h("input", { maxLength: 1024, ...shared, className: "input", value, onChange: (event) => onType(event.target.value) });
  return h(
    "div",
    { className: `field${grow ? " setup-grow" : ""}${narrow ? " setup-narrow" : ""}`, "data-problem": problem ? "yes" : undefined },
    h("label", { className: "field-label", htmlFor: id }, label),
    field,
    problem && h("p", { id: `${id}-problem`, className: "field-problem", role: "alert" }, problem),
  );
}

export function Row({ word, fields, values, problemOf, onType, onRemove, removes = "Remove" }) {
  return h(
    "fieldset",
    { className: "setup-line setup-row" },
    h("legend", { className: "unseen" }, word),
    fields.map(({ name, ...field }) => h(Text, { key: name, ...field, value: values[name] ?? "", problem: problemOf(name), onType: (value) => onType(name, value) })),
    h("button", { type: "button", className: "button button-small button-quiet setup-remove", onClick: onRemove, "aria-label": `${removes} ${word.toLowerCase()}` }, removes),
  );
}

export function Links({ invitations, home, title, className }) {
  const [copied, setCopied] = useState("");
  const copy = async (one) => {
    try {
      await navigator.clipboard.writeText(window.location.origin + one.path);
      setCopied(one.username);
    } catch {
      setCopied("");
    }
  };
  return h(
    "div",
    { className: `setup-links ${className ?? ""}`.trim(), role: "status" },
    title && h("h2", null, title),
    h("p", null, "Send each their link now: it is not shown again, works once, and for seven days. A new one is made under Staff."),
    h(
      "ul",
      null,
      invitations.map((one) =>
        h(
          "li",
          { key: one.username, className: "setup-link" },
          h("b", null, one.name),
          h("code", { className: "token-text", "data-invitation": one.username }, window.location.origin + one.path),
          h("button", { type: "button", className: "button button-small", onClick: () => copy(one) }, copied === one.username ? "Copied" : "Copy"),
        ),
      ),
    ),
    home && h("a", { className: "button button-primary", href: home }, "Go to the board"),
  );
}
