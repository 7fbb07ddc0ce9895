// What stands above the calendar: where one is, which view, and what is left out.
import { createElement as h, useMemo, useState } from "react";
import { dayWords, longDay, mondayOf, monthPlus, monthWords, plusDays } from "./plan_time.jsx";
import { isFiltered, NO_FILTERS, servicesOf } from "./plan_place.jsx";

export const VIEWS = ["month", "week", "day", "list"];
const WORDS = { month: "Month", week: "Week", day: "Day", list: "List" };

export const titleOf = (view, on) => {
  if (!on) return "";
  if (view === "month") return monthWords(on);
  if (view === "week") return `${dayWords(mondayOf(on))} to ${dayWords(plusDays(mondayOf(on), 6))}`;
  return `${longDay(on)}, evening`;
};
export const stepTo = (view, on, by) => (view === "month" ? monthPlus(on, by) : plusDays(on, view === "week" ? 7 * by : by));

const unique = (pairs) => [...new Map(pairs).entries()].sort((a, b) => String(a[1]).localeCompare(String(b[1])));

export function CalendarTools({ place, view, on, today, visits, shown, words, whole, onGo, onWhole, onBook }) {
  const lists = useMemo(
    () => [
      ["people", "Therapist", unique(visits.flatMap((visit) => visit.seats.map((seat) => [String(seat.person_id), seat.name])))],
      ["services", "Service", unique(visits.flatMap((visit) => servicesOf(visit).map((name) => [name, name])))],
      ["zones", "Zone", unique(visits.map((visit) => [visit.zone, visit.zone]))],
      ["states", "State", Object.entries(words).filter(([state]) => visits.some((visit) => visit.state === state))],
    ],
    [visits, words],
  );
  const arrow = (by, word, sign) =>
    h("button", { type: "button", className: "button button-icon", "aria-label": word, title: word, disabled: !on, onClick: () => onGo({ on: stepTo(view, on, by) }) }, sign);
  return h(
    "div",
    { className: "cal-tools" },
    h(
      "div",
      { className: "cal-steps" },
      arrow(-1, "Earlier", "\u2039"),
      h("button", { type: "button", className: "button", disabled: !today, onClick: () => onGo({ on: today }) }, "Tonight"),
      arrow(1, "Later", "\u203a"),
      h("h2", { className: "cal-title", "aria-live": "polite" }, titleOf(view, on)),
    ),
    h(
      "div",
      { className: "cal-filters", role: "group", "aria-label": "Show only" },
      lists.map(([name, word, options]) => h(Filter, { key: name, name, word, options, chosen: place[name], onGo })),
      isFiltered(place) && h("button", { type: "button", className: "button button-small", onClick: () => onGo(NO_FILTERS) }, "Show all"),
      h("span", { className: "mute num cal-count", role: "status" }, on ? `${shown} ${shown === 1 ? "visit" : "visits"}` : ""),
    ),
    h(
      "div",
      { className: "cal-views" },
      (view === "week" || view === "day") &&
        h("button", { type: "button", className: "button", "aria-pressed": whole, title: "Also the hours in which the firm is closed", onClick: onWhole }, "24 h"),
      h(
        "div",
        { className: "cal-switch", role: "group", "aria-label": "View" },
        VIEWS.map((one) => h("button", { key: one, type: "button", className: "button", "aria-pressed": one === view, onClick: () => onGo({ view: one }) }, WORDS[one])),
      ),
      h("button", { type: "button", className: "button button-primary", onClick: () => onBook({ evening: on }) }, "Book"),
    ),
  );
}

const MANY = 12;

function Filter({ name, word, options, chosen, onGo }) {
  const [typed, setTyped] = useState("");
  const turn = (value) => onGo({ [name]: chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value] });
  const known = new Map(options);
  // What is chosen can be let go of even where nobody has it any more.
  const all = [...options, ...chosen.filter((value) => !known.has(value)).map((value) => [value, value])];
  const listed = all.filter(([, label]) => String(label).toLowerCase().includes(typed.trim().toLowerCase()));
  const leave = (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
  };
  const keys = (event) => {
    if (event.key !== "Escape" || !event.currentTarget.open) return;
    event.preventDefault();
    event.currentTarget.open = false;
    event.currentTarget.querySelector("summary").focus();
  };
  return h(
    "details",
    { className: "cal-filter", "data-filter": name, onBlur: leave, onKeyDown: keys },
    h("summary", { className: "button button-small", "data-on": chosen.length > 0 }, word, chosen.length > 0 && h("b", { className: "num" }, chosen.length === 1 ? String(known.get(chosen[0]) ?? chosen[0]) : chosen.length)),
    h(
      "div",
      { className: "cal-choices", tabIndex: -1 },
      options.length > MANY && h("input", { className: "input", placeholder: "Type a name", "aria-label": `Find a ${word.toLowerCase()}`, value: typed, onChange: (event) => setTyped(event.target.value) }),
      listed.length === 0 && h("p", { className: "mute" }, "Nothing to choose from."),
      listed.map(([value, label]) =>
        h("label", { key: value, className: "check" }, h("input", { type: "checkbox", checked: chosen.includes(value), onChange: () => turn(value) }), name === "states" && h("span", { className: "dot", "data-state": value, "aria-hidden": true }), label),
      ),
    ),
  );
}
