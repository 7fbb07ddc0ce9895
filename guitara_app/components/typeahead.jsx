// Finding one of very many while typing: the server searches, arrows and Enter pick, Escape gives up.
import { createElement as h, useEffect, useRef, useState } from "react";
import { useDraftValue } from "./draft.jsx";

const SEARCH_MS = 120;

export function Typeahead({ name, hits, answers, nothing, onSearch, makeNew, ...props }) {
  const [typed = "", set] = useDraftValue(name);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const timer = useRef();
  const asked = typed.trim();
  const current = answers === asked;
  // "New" is offered, and Enter heard, only once the search is over: nobody is entered twice because the server was slow.
  // What was found for a shorter text stays while more is typed; what was found for another name is never offered.
  const related = asked.toLowerCase().startsWith((answers ?? "").toLowerCase());
  const choices = [...(asked && related ? hits : []), ...(asked && makeNew && current ? [{ id: 0 }] : [])];

  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => setAt(0), [answers]);

  const search = (text) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch?.(text.trim().slice(0, 200)), SEARCH_MS);
  };
  const change = (event) => {
    set({ [name]: event.target.value });
    setOpen(true);
    search(event.target.value);
  };
  // This field goes away once somebody is chosen; the caller is asked the next question.
  const goOn = (id) => requestAnimationFrame(() => document.getElementById(id)?.focus());
  const pick = (hit) => {
    setOpen(false);
    goOn(hit.id ? "draft-evening" : "draft-client_name");
    if (hit.id) {
      set({ client_id: hit.id, client_mode: "", address_id: "", address_line: "", locality_id: "", address_notes: "" });
      return;
    }
    const digits = asked.replace(/[\s()+-]/g, "");
    const phone = /^\d{5,}$/.test(digits) ? asked : "";
    const email = !phone && asked.includes("@") ? asked : "";
    set({ client_id: "", client_mode: "new", client_name: phone || email ? "" : asked, client_phone: phone, client_email: email });
  };
  const keys = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : choices.length - 1;
      setAt((was) => (choices.length ? (was + step) % choices.length : 0));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && open && current && choices[at]) {
      event.preventDefault();
      event.stopPropagation();
      pick(choices[at]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
    }
  };

  const list = `${name}-list`;
  const option = (hit, index) =>
    h(
      "li",
      {
        key: hit.id,
        id: `${list}-${index}`,
        role: "option",
        "aria-selected": index === at,
        className: "typeahead-option",
        onPointerDown: (event) => event.preventDefault(),
        onClick: () => pick(hit),
      },
      hit.id
        ? [
            h("b", { key: "name", className: "cut" }, hit.name),
            h("span", { key: "phone", className: "num nowrap" }, hit.phone),
            h("span", { key: "place", className: "mute cut" }, hit.place),
          ]
        : [h("b", { key: "new", className: "typeahead-new" }, `${makeNew}: `, h("span", null, asked))],
    );
  const shown = open && asked.length > 1;
  return h(
    "div",
    { className: "typeahead" },
    h("input", {
      id: `draft-${name}`,
      ...props,
      name,
      value: typed,
      role: "combobox",
      "aria-expanded": shown,
      "aria-controls": list,
      "aria-autocomplete": "list",
      "aria-activedescendant": shown && choices[at] ? `${list}-${at}` : undefined,
      onChange: change,
      onKeyDown: keys,
      onFocus: () => {
        setOpen(true);
        if (asked && !current) search(typed);
      },
      onBlur: () => setOpen(false),
    }),
    h(
      "ul",
      { id: list, role: "listbox", "aria-label": props["aria-label"], className: "typeahead-list", hidden: !shown },
      shown && choices.map(option),
      shown && !(related && hits.length) && h("li", { key: "none", role: "presentation", className: "typeahead-none" }, current ? nothing : "Searching"),
    ),
  );
}
