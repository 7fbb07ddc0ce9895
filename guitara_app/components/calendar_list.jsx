// One evening as lines, the hours past midnight at its end: to read on a phone, and with a screen reader.
import { createElement as h, useEffect, useRef } from "react";
import { Link } from "react-router";
import { nameOf, names } from "./calendar_events.jsx";
import { servicesOf } from "./plan_place.jsx";
import { clockIn } from "./plan_time.jsx";

export function CalendarList({ visits, words, until, holiday, onMove }) {
  const list = useRef(null);
  // What is over is above what is shown first.
  useEffect(() => {
    const next = until && visits.find((visit) => visit.ends >= until);
    if (next) list.current?.querySelector(`[data-visit="${next.id}"]`)?.scrollIntoView({ block: "center" });
  }, []);
  if (!visits.length) return h("p", { className: "empty", role: "status" }, holiday && h("b", { className: "cal-holiday-name" }, holiday), holiday && " ", "Nothing is booked for this evening, or nothing that passes what is filtered.");
  return h(
    "ul",
    { ref: list, className: "panel-body cal-list", "aria-label": "Visits of the evening" },
    holiday && h("li", { className: "cal-holiday-line" }, h("b", { className: "cal-holiday-name" }, holiday)),
    visits.map((visit) =>
      h(
        "li",
        { key: visit.id, className: "cal-row", "data-state": visit.state },
        h(
          Link,
          { to: `/appointments/${visit.id}`, "data-visit": visit.id, className: "cal-row-link" },
          h("span", { className: "cal-line" }, h("b", { className: "num cal-time" }, clockIn(visit.starts, visit.evening)), h("span", { className: "num mute" }, `\u2013${clockIn(visit.ends, visit.evening)}`), " ", h("span", { className: "cal-client" }, nameOf(visit))),
          h("span", { className: "tag", "data-state": visit.state }, words[visit.state] ?? visit.state),
          h("span", { className: "cal-people" }, names(visit)),
          h("span", { className: "cal-facts" }, [servicesOf(visit).join(" + "), visit.place].filter(Boolean).join(", ")),
        ),
        visit.movable && h("button", { type: "button", className: "button button-small", "aria-label": `Move ${visit.client}, #${visit.id}`, onClick: () => onMove(visit) }, "Move"),
      ),
    ),
  );
}
