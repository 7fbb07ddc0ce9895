// A move before it is saved: where to, what that means for whom, what is in the way and what else could be done. It asks why; what was typed stays while it is refused.
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { newKey } from "./act_dialog.jsx";
import { useConnection } from "./connection.jsx";
import { clockOf, eveningOf, minutesBetween, plus } from "./plan_time.jsx";

const TELL_MS = 300;

// An evening and a clock as typed; "" while it is no time. What is before the day begins is past midnight.
const placed = (evening, typed, dayStarts) => {
  const found = /^(\d{1,2})[:.h]?(\d{2})$/.exec(typed.trim()) ?? /^(\d{1,2})()$/.exec(typed.trim());
  if (!found || Number(found[1]) > 24 || Number(found[2] || 0) > 59 || !/^\d{4}-\d{2}-\d{2}$/.test(evening)) return "";
  const clock = `${String(Number(found[1]) % 24).padStart(2, "0")}:${String(found[2] || 0).padStart(2, "0")}`;
  return clock >= dayStarts ? `${evening}T${clock}` : plus(`${evening}T${clock}`, 1440);
};

export function MoveDialog({ proposal, answered, done, dayStarts, reasons = [], pulse, onConsider, onLeave, onMove, className }) {
  const dialog = useRef(null);
  const timer = useRef();
  const id = useId();
  const connection = useConnection();
  const [shown, setShown] = useState(null);
  const [typed, setTyped] = useState(null);
  const [reason, setReason] = useState("");
  const [waits, setWaits] = useState(false);
  const begins = dayStarts || "06:00";

  // A proposal of another visit opens it anew; one of the same visit is an answer to what was changed here; none closes it.
  useEffect(() => {
    if (!proposal.visit_id) {
      if (dialog.current.open) dialog.current.close();
      return;
    }
    if (!shown || shown.visit !== proposal.visit_id) {
      setShown({ visit: proposal.visit_id, key: newKey() });
      setReason("");
      setTyped(null);
    }
    setWaits(false);
  }, [proposal.number]);
  useEffect(() => {
    if (!shown || dialog.current.open) return;
    dialog.current.showModal();
    // Where it was put is known after a drop, but not why; with the keyboard it is yet to be put somewhere.
    dialog.current.querySelector(proposal.changed ? "textarea" : `[id="${id}-start"]`)?.focus();
  }, [shown]);
  useEffect(() => setWaits(false), [answered, connection]);
  useEffect(() => {
    if (shown && done === shown.key) dialog.current.close();
  }, [done]);
  // A colleague changed the visit meanwhile: what that means is asked for at once.
  useEffect(() => {
    if (shown && proposal.visit_id === shown.visit) onConsider?.(proposal.move);
  }, [pulse]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const left = () => {
    clearTimeout(timer.current);
    setShown(null);
    if (shown && done !== shown.key) onLeave?.();
  };
  if (!shown || proposal.visit_id !== shown.visit) return h("dialog", { ref: dialog, className: "dialog act-dialog", onClose: left });

  const stands = {
    evening: eveningOf(proposal.starts, begins),
    start: clockOf(proposal.starts),
    minutes: String(minutesBetween(proposal.starts, proposal.ends)),
  };
  const values = typed ?? stands;
  const set = (patch) => {
    const next = { ...values, ...patch };
    setTyped(next);
    clearTimeout(timer.current);
    const starts = placed(next.evening, next.start, begins);
    const minutes = Number(next.minutes);
    if (!starts || !Number.isInteger(minutes) || minutes < 1) return;
    const length = minutes === Number(stands.minutes) && !proposal.move.ends ? "" : plus(starts, minutes);
    setWaits(true);
    timer.current = setTimeout(() => onConsider?.({ ...proposal.move, starts, ends: length }), TELL_MS);
  };
  const take = (move) => {
    setTyped(null);
    setWaits(true);
    onConsider?.(move);
  };
  const overtaken = proposal.overtaken.length > 0;
  const blocked = overtaken || proposal.problems.length > 0;
  const submit = (event) => {
    event.preventDefault();
    if (blocked || waits || !reason.trim()) return;
    setWaits(true);
    onMove?.(proposal.move, reason.trim(), shown.key);
  };
  const input = (name, label, props) =>
    h("div", { className: "field" }, h("label", { className: "field-label", htmlFor: `${id}-${name}` }, label), h("input", { id: `${id}-${name}`, className: "input num", value: values[name], onChange: (event) => set({ [name]: event.target.value }), ...props }));
  const nudge = (event) => {
    const by = { "+": 15, "=": 15, "-": -15 }[event.key];
    const at = by && placed(values.evening, values.start, begins);
    if (!at) return;
    event.preventDefault();
    const there = plus(at, by);
    set({ evening: eveningOf(there, begins), start: clockOf(there) });
  };
  const close = () => dialog.current.close();
  return h(
    "dialog",
    {
      ref: dialog,
      className: `dialog act-dialog move-dialog ${className ?? ""}`,
      "aria-labelledby": `${id}-title`,
      onClick: (event) => event.target === dialog.current && close(),
      onClose: left,
    },
    h(
      "form",
      { onSubmit: submit, onKeyDown: (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && event.currentTarget.requestSubmit() },
      h("h2", { id: `${id}-title` }, proposal.title),
      h("p", { className: "mute" }, "Now ", proposal.was),
      h(
        "div",
        { className: "fields" },
        input("evening", "Evening", { type: "date", required: true }),
        input("start", "Start", { onKeyDown: nudge, autoComplete: "off", maxLength: 8, "aria-describedby": `${id}-becomes` }),
        input("minutes", "Minutes", { inputMode: "numeric", maxLength: 4, autoComplete: "off" }),
      ),
      h(
        "div",
        { id: `${id}-becomes`, className: "effects", role: "status", "aria-busy": waits },
        proposal.changed ? proposal.becomes && h("b", null, proposal.becomes, ".") : "Nothing is changed yet.",
        proposal.changed && proposal.effects.map((words) => h("span", { key: words }, " ", words)),
        proposal.warnings.map((words) => h("span", { key: words, className: "late" }, " ", words)),
      ),
      overtaken &&
        h(
          "div",
          { className: "move-clash", role: "alert" },
          proposal.overtaken.map((one) => h("p", { key: one.label }, `${one.by} changed it at ${one.at}. ${one.label} is now `, h("b", null, one.stands), ".")),
          h("div", { className: "acts" }, h("button", { type: "button", className: "button button-small", onClick: close }, "Leave it so"), h("button", { type: "button", className: "button button-small", onClick: () => take(proposal.anew) }, "Move it all the same")),
        ),
      proposal.problems.length > 0 && h("div", { className: "move-problems", role: "alert" }, proposal.problems.map((words) => h("p", { key: words, className: "field-problem" }, words))),
      proposal.off_shift &&
        h("label", { className: "check" }, h("input", { type: "checkbox", checked: proposal.move.off_shift, onChange: (event) => take({ ...proposal.move, off_shift: event.target.checked }) }), "Move it all the same; the reason below is kept for it"),
      proposal.others.length > 0 &&
        h(
          "div",
          { className: "move-others", role: "group", "aria-label": "Free instead" },
          h("span", { className: "field-label" }, "Free instead"),
          h("div", { className: "acts" }, proposal.others.map((one) => h("button", { key: one.label, type: "button", className: "button button-small", "data-kind": one.kind, onClick: () => take(one.move) }, one.label))),
        ),
      h(
        "div",
        { className: "field" },
        h("label", { className: "field-label", htmlFor: `${id}-reason` }, "Reason, kept in the history"),
        h("textarea", { id: `${id}-reason`, className: "input", rows: 2, maxLength: 1000, value: reason, onChange: (event) => setReason(event.target.value) }),
        h("div", { className: "acts" }, reasons.map((words) => h("button", { key: words, type: "button", className: "button button-small", "aria-pressed": reason === words, onClick: () => setReason(words) }, words))),
      ),
      h(
        "div",
        { className: "dialog-acts" },
        h("button", { type: "button", className: "button", onClick: close }, "Back"),
        h("button", { type: "submit", className: "button button-primary", disabled: blocked || waits || !proposal.changed || !reason.trim() || connection !== "live", "aria-busy": waits }, connection === "live" ? "Move it" : "No connection"),
      ),
    ),
  );
}

// What was moved last, with the way back.
export function UndoBar({ undo, onUndo, className }) {
  const [gone, setGone] = useState("");
  if (!undo.visit_id || gone === undo.words) return h("div", { className: "undo-place", role: "status" });
  return h(
    "div",
    { className: `undo-bar ${className ?? ""}`, role: "status" },
    h("span", null, "Moved ", undo.words),
    h("button", { type: "button", className: "button button-small", "data-undo": true, onClick: () => onUndo?.() }, "Undo"),
    h("button", { type: "button", className: "button button-small button-quiet", "aria-label": "Leave it moved", onClick: () => setGone(undo.words) }, "\u00d7"),
  );
}
