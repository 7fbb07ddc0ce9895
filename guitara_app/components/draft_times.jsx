// Evenings and times of day in a draft: a quarter hour earlier or later is one key away, a date further off one choice.
import { createElement as h, Fragment, useState } from "react";
import { useDraftValue } from "./draft.jsx";

const PICK = "pick";
const QUARTER = 15;

// What the server reads as a time, as far as it can be counted with: 21:30, 2130, 9:30pm.
const minutesOf = (typed) => {
  const found = /^(\d{1,2})[:.h ]?(\d{2})?\s*([ap])?\.?(?:m\.?)?$/i.exec(/^\d{3}$/.test(typed.trim()) ? `0${typed.trim()}` : typed.trim());
  if (!found) return null;
  const half = (found[3] ?? "").toLowerCase();
  const hour = half ? (Number(found[1]) % 12) + (half === "p" ? 12 : 0) : Number(found[1]) % 24;
  return hour * 60 + Number(found[2] ?? 0);
};

export function DraftClock({ name, ...props }) {
  const [value = "", set] = useDraftValue(name);
  const at = minutesOf(value);
  const nudge = (by) => {
    if (at === null) return;
    const moved = (at + by + 1440) % 1440;
    set({ [name]: `${String(Math.floor(moved / 60)).padStart(2, "0")}:${String(moved % 60).padStart(2, "0")}` });
  };
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !["+", "=", "-"].includes(event.key)) return;
    event.preventDefault();
    nudge(event.key === "-" ? -QUARTER : QUARTER);
  };
  const button = (by, words, sign) =>
    h("button", { type: "button", className: "button nudge", disabled: at === null, onClick: () => nudge(by), "aria-label": words, title: words }, sign);
  return h(
    "span",
    { className: "nudges" },
    button(-QUARTER, "A quarter of an hour earlier", "\u221215"),
    h("input", { id: `draft-${name}`, ...props, name, value, onChange: (event) => set({ [name]: event.target.value }), onKeyDown: keys }),
    button(QUARTER, "A quarter of an hour later", "+15"),
  );
}

const evening = (day) => {
  const words = new Date(`${day}T12:00`).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
  return `${words.replace(",", "")}, evening`;
};

export function DraftEvening({ name, choices = [], fallback = "", last, ...props }) {
  const [value, set] = useDraftValue(name);
  const [picking, setPicking] = useState(false);
  const current = value || fallback;
  const listed = choices.some((choice) => choice.value === current);
  const change = (event) => {
    const picks = event.target.value === PICK;
    setPicking(picks);
    if (!picks) set({ [name]: event.target.value });
  };
  const option = (day, label) => h("option", { key: day, value: day }, label);
  return h(
    Fragment,
    null,
    h(
      "select",
      { id: `draft-${name}`, ...props, name, value: current, onChange: change },
      choices.map((choice) => option(choice.value, choice.label)),
      !listed && current && option(current, evening(current)),
      option(PICK, "A later date"),
    ),
    picking &&
      h("input", {
        type: "date",
        className: props.className,
        "aria-label": "Later date",
        autoFocus: true,
        min: choices[0]?.value,
        max: last,
        value: listed ? "" : current,
        onChange: (event) => event.target.value && set({ [name]: event.target.value }),
      }),
  );
}
