// What is urgent and has just come, shown once over whatever page one is on. A tab remembers how far it has shown, so a reload or a new connection shows nothing again.
import { createElement as h, useEffect, useState } from "react";
import { useNavigate } from "react-router";

const STAYS_MS = 20000;

const place = (scope) => `guitara:alerted:${scope}`;

// Null in a tab that has never looked; undefined where the browser keeps nothing.
const alertedTo = (scope) => {
  try {
    const kept = sessionStorage.getItem(place(scope));
    return kept === null ? null : Number(kept);
  } catch {
    return undefined;
  }
};
const alerted = (scope, id) => {
  try {
    sessionStorage.setItem(place(scope), String(id));
  } catch {
    // Then a reload shows nothing at all, as the first look does.
  }
};

export function Alerts({ alerts = [], scope = "", onRead }) {
  const [shown, setShown] = useState([]);
  const [upTo, setUpTo] = useState({ scope: "", id: 0 });
  const navigate = useNavigate();

  useEffect(() => {
    if (!scope) return;
    const newest = Math.max(0, ...alerts.map((alert) => alert.id));
    const known = upTo.scope === scope ? upTo.id : alertedTo(scope);
    const first = known === null || known === undefined;
    if (first || newest > known || upTo.scope !== scope) {
      const reached = Math.max(newest, first ? 0 : known);
      alerted(scope, reached);
      setUpTo({ scope, id: reached });
    }
    const unread = new Set(alerts.map((alert) => alert.id));
    const fresh = first ? [] : alerts.filter((alert) => alert.id > known);
    // What was read elsewhere meanwhile goes away here as well.
    setShown((before) => [...fresh, ...before.filter((alert) => unread.has(alert.id))]);
  }, [alerts, scope]);

  useEffect(() => {
    if (shown.length === 0) return undefined;
    const timer = setTimeout(() => setShown([]), STAYS_MS);
    return () => clearTimeout(timer);
  }, [shown]);

  const close = (alert) => setShown((before) => before.filter((one) => one.id !== alert.id));
  const open = (alert) => (event) => {
    onRead(alert.id);
    close(alert);
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(alert.link);
  };
  return h(
    "div",
    { className: "alerts", role: "region", "aria-label": "Urgent", "aria-live": "assertive", "aria-relevant": "additions" },
    shown.map((alert) =>
      h(
        "div",
        { key: alert.id, className: "alert", "data-alert": alert.id },
        h("a", { href: alert.link, className: "alert-words", onClick: open(alert) }, h("b", null, alert.title), h("span", null, alert.body)),
        h("button", { type: "button", className: "button button-small", onClick: () => close(alert) }, "Close"),
      ),
    ),
  );
}
