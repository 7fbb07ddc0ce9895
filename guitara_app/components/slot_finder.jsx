// Finds the first slots for a visit. On its page a slot moves it, with a reason; inside a form it goes into the draft.
import { createElement as h, Fragment, useEffect, useId, useRef, useState } from "react";
import { useDraft } from "./draft.jsx";

const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
const REASONS = ["Client asked", "Therapist cannot", "No driver then"];
const START = { who: "same", evening: "", earliest: "", latest: "" };

export function SlotFinder({ visitId = 0, car = false, driven = true, team = "", slots = [], nothing = "", problem = "", answers = "", seen = {}, refused = "", answered = 0, done = "", evenings = [], last = "", times = [], onFind, onMove, children, ...props }) {
  const draft = useDraft();
  const inForm = "place" in draft;
  const dialog = useRef(null);
  const id = useId();
  const [choice, setChoice] = useState(null);
  const [asked, setAsked] = useState("");
  const [chosen, setChosen] = useState(null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);

  const open = () => {
    setChoice({ ...START, car, evening: (inForm && draft.values.evening) || "" });
    setChosen(null);
    setReason("");
    setBusy(false);
    if (!dialog.current.open) dialog.current.showModal();
  };
  const ask = () => {
    const key = newKey();
    setAsked(key);
    const { car: withCar, ...question } = choice;
    const typed = inForm ? { ...draft.typed, visit_id: visitId || "" } : { visit_id: visitId, car_needed: withCar };
    onFind?.(typed, question, key);
  };
  useEffect(() => {
    if (choice) ask();
  }, [choice]);
  useEffect(() => {
    setBusy(false);
    // What was refused is not free any more: the list is looked up anew.
    if (choice && refused) {
      setChosen(null);
      ask();
    }
  }, [answered]);
  useEffect(() => {
    if (chosen && done === chosen.key) dialog.current.close();
  }, [done]);

  const set = (name) => (event) => {
    setChosen(null);
    setChoice({ ...choice, [name]: event.target.type === "checkbox" ? event.target.checked : event.target.value });
  };
  const take = (slot, start) => {
    if (!inForm) return setChosen({ slot, start, key: newKey() });
    draft.set({ evening: slot.evening, start: start.value, therapist_ids: slot.people });
    return dialog.current.close();
  };
  const move = () => {
    setBusy(true);
    const { slot, start, key } = chosen;
    onMove?.({ visit_id: visitId, evening: slot.evening, start: start.value, therapist_ids: slot.people, car_needed: choice.car, reason: reason.trim(), key, seen });
  };
  const waits = asked !== answers;
  const field = (name, label, control) => h("div", { className: "field" }, h("label", { className: "field-label", htmlFor: `${id}-${name}` }, label), control);
  const clock = (name, words) =>
    h("select", { id: `${id}-${name}`, className: "input num", value: choice[name], onChange: set(name) }, h("option", { value: "" }, words), times.map((one) => h("option", { key: one, value: one }, one)));

  return h(
    Fragment,
    null,
    h("button", { ...props, type: "button", onClick: open }, children),
    h(
      "dialog",
      {
        ref: dialog,
        className: "dialog slot-dialog",
        "aria-labelledby": `${id}-title`,
        onClick: (event) => event.target === dialog.current && dialog.current.close(),
        onClose: () => setChoice(null),
      },
      choice &&
        h(
          "div",
          { className: "slot-finder" },
          h("h2", { id: `${id}-title` }, "First free slots"),
          h("p", { className: "mute" }, driven ? "Quarter hours at which they are free and a driver is left to bring them." : "Quarter hours at which they are free."),
          h(
            "div",
            { className: "slot-choices" },
            field("who", "Who goes", h("select", { id: `${id}-who`, className: "input", value: choice.who, onChange: set("who"), autoFocus: true }, h("option", { value: "same" }, !inForm && team ? `The same: ${team}` : "Those chosen"), h("option", { value: "any" }, "Anybody"))),
            field(
              "evening",
              "From",
              h("input", { id: `${id}-evening`, type: "date", className: "input", value: choice.evening || evenings[0]?.value || "", min: evenings[0]?.value, max: last, onChange: set("evening") }),
            ),
            field("earliest", "Not before", clock("earliest", "Any time")),
            field("latest", "Not after", clock("latest", "Any time")),
            !inForm && driven && h("label", { className: "check" }, h("input", { type: "checkbox", checked: choice.car, onChange: set("car") }), "Needs a car"),
          ),
          h("p", { className: "field-problem", role: "alert" }, problem || refused),
          h(
            "ol",
            { className: "slot-list", "aria-label": "Slots", "aria-busy": waits },
            waits
              ? [0, 1, 2, 3].map((one) => h("li", { key: one, className: "bone", "aria-hidden": true }))
              : slots.map((slot) => h(Slot, { key: slot.key, slot, chosen, words: inForm ? "Take" : "Choose", onTake: take })),
            !waits && nothing && h("li", { className: "empty" }, nothing),
          ),
          chosen &&
            h(
              "div",
              { className: "field" },
              h("label", { className: "field-label", htmlFor: `${id}-reason` }, "Reason, kept in the history"),
              h("input", { id: `${id}-reason`, className: "input", maxLength: 1000, value: reason, autoComplete: "off", onChange: (event) => setReason(event.target.value), onKeyDown: (event) => event.key === "Enter" && reason.trim() && !busy && move() }),
              h("div", { className: "reasons" }, REASONS.map((words) => h("button", { key: words, type: "button", className: "button button-small", onClick: () => setReason(words) }, words))),
            ),
          h(
            "div",
            { className: "dialog-acts" },
            h("button", { type: "button", className: "button", onClick: () => dialog.current.close() }, "Back"),
            !inForm && h("button", { type: "button", className: "button button-primary", disabled: !chosen || !reason.trim() || busy, "aria-busy": busy, onClick: move }, chosen ? `Move to ${chosen.start.label}` : "Move"),
          ),
        ),
    ),
  );
}

function Slot({ slot, chosen, words, onTake }) {
  const [start, setStart] = useState(slot.starts[0]);
  const mine = chosen?.slot.key === slot.key;
  const pick = (event) => {
    const other = slot.starts.find((one) => one.value === event.target.value);
    setStart(other);
    if (mine) onTake(slot, other);
  };
  return h(
    "li",
    { className: "slot", "data-chosen": mine, "data-slot": slot.key },
    h("span", { className: "slot-when num" }, h("b", null, slot.label), slot.until && h("span", { className: "mute" }, ` to ${slot.until}`)),
    slot.starts.length > 1
      ? h("select", { className: "input num", "aria-label": `Start, ${slot.label}`, value: start.value, onChange: pick }, slot.starts.map((one) => h("option", { key: one.value, value: one.value }, one.clock)))
      : h("span", null),
    h("button", { type: "button", className: "button button-small", "aria-pressed": mine, onClick: () => onTake(slot, start) }, words),
    h("span", { className: "slot-who" }, slot.people_words, slot.driver && h("span", { className: "and mute" }, `${slot.driver} can drive`)),
  );
}
