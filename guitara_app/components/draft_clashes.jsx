// Two people changed the same field of the same thing: who, when, to what; and which of the two is to count.
import { createElement as h } from "react";
import { useDraft } from "./draft.jsx";

export function DraftClashes({ clashes = [] }) {
  const draft = useDraft();
  if (clashes.length === 0) return null;
  const line = ({ field, label, by, at, stands, mine }) =>
    h(
      "li",
      { key: field, className: "clash", "data-clash": field },
      h("span", null, h("b", null, label), `: ${by} changed it at ${at} to `, h("b", null, stands || "nothing"), ", you typed ", h("b", null, mine || "nothing"), "."),
      h(
        "span",
        { className: "clash-acts" },
        h("button", { type: "button", className: "button button-small", onClick: () => draft.keepMine(field) }, "Keep mine"),
        h("button", { type: "button", className: "button button-small", onClick: () => draft.takeTheirs(field) }, "Take theirs"),
      ),
    );
  return h("ul", { className: "clashes", role: "alert", "aria-label": "Changed by a colleague meanwhile" }, clashes.map(line));
}
