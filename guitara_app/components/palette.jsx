// One search for everything, from anywhere: Ctrl+K or / opens it, arrows and Enter choose, Escape closes. The server finds, a newer search overtakes an older one.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { useNavigate } from "react-router";

const SEARCH_MS = 90;
const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

const grouped = (hits) => {
  const groups = [];
  hits.forEach((hit, index) => {
    if (groups.at(-1)?.word !== hit.group) groups.push({ word: hit.group, options: [] });
    groups.at(-1).options.push([hit, index]);
  });
  return groups;
};

export function Palette({ hits, answers, label, hint, placeholder, nothing, onSearch, children, ...props }) {
  const navigate = useNavigate();
  const dialog = useRef(null);
  const input = useRef(null);
  const timer = useRef();
  const hasty = useRef(false);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const asked = typed.trim();
  const current = answers === asked;
  // What was found for something else is shown no longer than it takes to find the new.
  const shown = asked ? hits : [];

  const show = () => {
    if (document.querySelector("dialog[open]")) return;
    dialog.current?.showModal();
    input.current?.select();
  };
  useEffect(() => {
    const keys = (event) => {
      const control = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
      const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
      if ((!control && !slash) || event.repeat) return;
      event.preventDefault();
      show();
    };
    window.addEventListener("keydown", keys);
    return () => {
      window.removeEventListener("keydown", keys);
      clearTimeout(timer.current);
    };
  }, []);
  useEffect(() => {
    setAt(0);
    if (hasty.current && current) {
      hasty.current = false;
      if (shown[0]) go(shown[0]);
    }
  }, [answers]);
  useEffect(() => {
    dialog.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const change = (event) => {
    const text = event.target.value;
    setTyped(text);
    hasty.current = false;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch?.(text.trim().slice(0, 200)), SEARCH_MS);
  };
  const close = () => dialog.current?.close();
  const go = (hit) => {
    close();
    navigate(hit.href);
  };
  const keys = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : shown.length - 1;
      setAt((was) => (shown.length ? (was + step) % shown.length : 0));
    } else if (event.key === "Enter") {
      event.preventDefault();
      // Only what belongs to the words typed is gone to: whoever is faster than the server goes there when it has answered.
      if (!current) hasty.current = true;
      else if (shown[at]) go(shown[at]);
    }
  };
  const option = ([hit, index]) =>
    h(
      "li",
      {
        key: hit.key,
        id: `${id}-${index}`,
        role: "option",
        "aria-selected": index === at,
        className: "palette-option",
        onPointerDown: (event) => event.preventDefault(),
        onClick: () => go(hit),
      },
      h("b", { className: "cut" }, hit.title),
      h("span", { className: "mute cut" }, hit.detail),
      hit.tag ? h("span", { className: "tag", "data-state": hit.state || undefined }, hit.tag) : null,
    );
  const group = ({ word, options }) =>
    h(
      "li",
      { key: word, role: "presentation" },
      h("span", { className: "palette-group", id: `${id}-${word}` }, word),
      h("ul", { role: "group", "aria-labelledby": `${id}-${word}` }, options.map(option)),
    );
  return [
    h("button", { ...props, key: "button", type: "button", onClick: show, "aria-label": label, "aria-keyshortcuts": "Control+K /" }, children),
    h(
      "dialog",
      { key: "dialog", ref: dialog, className: "palette", "aria-label": label, onClick: (event) => event.target === dialog.current && close() },
      h(
        "div",
        { className: "palette-head" },
        h("input", {
          ref: input,
          className: "palette-input",
          role: "combobox",
          "aria-label": label,
          "aria-expanded": shown.length > 0,
          "aria-controls": `${id}-list`,
          "aria-autocomplete": "list",
          "aria-activedescendant": shown[at] ? `${id}-${at}` : undefined,
          placeholder,
          value: typed,
          maxLength: 200,
          autoComplete: "off",
          spellCheck: false,
          enterKeyHint: "go",
          onChange: change,
          onKeyDown: keys,
        }),
        h("button", { type: "button", className: "button button-quiet button-small", onClick: close }, "Close"),
      ),
      h("ul", { id: `${id}-list`, role: "listbox", "aria-label": "Results", className: "palette-list" }, grouped(shown).map(group)),
      h("p", { className: "palette-none mute", role: "status" }, shown.length ? "" : asked ? (current ? nothing : "Searching") : hint),
    ),
  ];
}
