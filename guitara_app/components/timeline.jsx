// A row for each therapist and driver along the clock, to look at and to move things about. The chart is fetched when it is first shown.
import { createElement as h, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Board, eveningWindow } from "./timeline_board.jsx";
import { loadChart, windowWords } from "./timeline_chart.jsx";
import { DAY, HOUR, MINUTE, dayWords, mondayOf, ms, wallNow, wallOf } from "./timeline_plan.jsx";

const SAY_MS = 9000;
const QUARTER = 15 * MINUTE;

const asked = () => {
  const said = new URLSearchParams(window.location.search).get("evening") ?? "";
  return /^\d{4}-\d{2}-\d{2}$/.test(said) ? said : "";
};
const note = (evening) => window.history.replaceState(window.history.state, "", `${window.location.pathname}?evening=${evening}`);
const minutesOf = (said) => (Number(said.slice(0, 2)) * 60 + Number(said.slice(3, 5))) * MINUTE;

const button = (words, onClick, props = {}) => h("button", { type: "button", className: "button", onClick, ...props }, words);

function Select({ label, value, options, onChange, disabled = false }) {
  return h(
    "select",
    { className: "input", "aria-label": label, value, disabled, onChange: (event) => onChange(event.target.value) },
    options.map(([key, words]) => h("option", { key, value: key }, words)),
  );
}

// What was chosen or is in the hand, with buttons for whoever drags nothing.
function Hand({ board, chosen, hint, people, onOpen }) {
  const lead = chosen[0];
  const take = () => board.taken ?? (lead && board.pick(lead.id) && board.taken);
  const shift = (by) => take() && board.carry(board.taken.shift + by, board.taken.row);
  const give = (id) => take() && board.carry(board.taken.shift, board.chart.rows.find((row) => row.id === `p${id}`));
  const role = board.taken?.lead.role ?? lead?.role;
  return h(
    "div",
    { className: "tl-hand panel", role: "group", "aria-label": "Chosen" },
    h("span", { className: "tl-hand-words" }, hint ? h("b", { className: "num" }, hint.words) : `${chosen.length} chosen`, hint?.problems.map((words) => h("span", { key: words, className: "tl-problem" }, words))),
    h(
      "span",
      { className: "acts" },
      button("15 min earlier", () => shift(-QUARTER), { className: "button button-small" }),
      button("15 min later", () => shift(QUARTER), { className: "button button-small" }),
      h(Select, { label: "Give to", value: String(board.taken?.row?.person_id ?? ""), options: [["", "Give to…"], ...people.filter((one) => one.role === role).map((one) => [String(one.id), one.name])], onChange: give }),
      hint && !hint.stays && button("Save", () => board.drop(), { className: "button button-small button-primary" }),
      chosen.length === 1 && !hint && button("Open", () => onOpen(lead.visit_id), { className: "button button-small" }),
      button(hint ? "Cancel" : "Choose none", () => (hint ? board.cancel() : board.choose([])), { className: "button button-small button-quiet" }),
    ),
  );
}

function Keys({ keys }) {
  const dialog = useRef(null);
  return h(
    "span",
    { className: "tl-keys" },
    button(h("kbd", { className: "kbd" }, "?"), () => dialog.current.showModal(), { "aria-label": "Keys", className: "button button-icon button-quiet" }),
    h(
      "dialog",
      { ref: dialog, className: "dialog", "aria-label": "Keys", onClick: (event) => event.target === dialog.current && dialog.current.close() },
      h(
        "form",
        { method: "dialog" },
        h("h2", null, "Keys"),
        h("dl", { className: "keys" }, keys.flatMap(([key, meaning], at) => [h("dt", { key: `k${at}` }, key.split(" ").map((one, index) => h("kbd", { key: index, className: "kbd" }, one))), h("dd", { key: `m${at}` }, meaning)])),
        h("div", { className: "dialog-acts" }, h("button", { type: "submit", className: "button" }, "Close")),
      ),
    ),
  );
}

export function Timeline({ keys: listed, scope, visits, legs, spans, people, holidays, first, today, zone, opens, closes, dayStarts, outcome, undo, onShow, onDrop, onUndo }) {
  const navigate = useNavigate();
  const [scroll, space, stick, board, week] = [useRef(null), useRef(null), useRef(null), useRef(null), useRef(first)];
  const [kit, setKit] = useState(null);
  const [failed, setFailed] = useState(false);
  const [view, setView] = useState({ evening: "", words: "", span: 0 });
  const [options, setOptions] = useState({ query: "", role: "", sort: "name" });
  const [chosen, setChosen] = useState([]);
  const [active, setActive] = useState("");
  const [hint, setHint] = useState(null);
  const [at, setAt] = useState(null);
  const [said, setSaid] = useState("");
  const plan = { visits, legs, spans, people, holidays, first, today, zone, opens, closes, day_starts: dayStarts };
  const latest = useRef();
  latest.current = { plan, options, onShow, onDrop, onUndo, undo, navigate };

  useEffect(() => {
    let here = true;
    loadChart().then((found) => here && setKit(found), () => here && setFailed(true));
    return () => {
      here = false;
    };
  }, []);

  const onMoved = (done) => {
    const [from, to] = board.current.chart.window;
    const middle = from + (to - from) / 2;
    const evening = wallOf(middle - minutesOf(latest.current.plan.day_starts)).slice(0, 10);
    setView({ evening, words: windowWords(from, to, ms(evening)), span: to - from });
    if (!done) return;
    note(evening);
    const monday = wallOf(mondayOf(ms(evening))).slice(0, 10);
    if (monday === week.current) return;
    week.current = monday;
    latest.current.onShow(monday);
  };

  useLayoutEffect(() => {
    if (!kit) return undefined;
    const { plan: now } = latest.current;
    const [from, to] = home(now, asked() || now.today);
    board.current = new Board(kit, { scroll: scroll.current, space: space.current, stick: stick.current }, {
      plan: now,
      // Somebody may have been looking for a name already.
      options: latest.current.options,
      from,
      to,
      tell: (told) => {
        if ("chosen" in told) setChosen(told.chosen);
        if ("active" in told) setActive(told.active);
        if ("hint" in told) setHint(told.hint);
        if (told.hint === null) setAt(null);
        if ("at" in told) setAt(told.at);
        if (told.say) setSaid(told.say);
      },
      onDrop: (drop) => latest.current.onDrop(drop),
      onOpen: (visit) => latest.current.navigate(`/appointments/${visit}`),
      onMoved,
    });
    onMoved(true);
    return () => board.current.destroy();
  }, [kit]);

  useLayoutEffect(() => {
    if (!board.current) return;
    board.current.take(plan);
    // For whoever waits for a change to have arrived, such as a measurement.
    const { rows } = board.current.chart;
    Object.assign(scroll.current.dataset, { rev: Number(scroll.current.dataset.rev ?? 0) + 1, rows: rows.length, blocks: board.current.plan.blocks.size });
  }, [kit, visits, legs, spans, people, holidays, first, today]);

  useEffect(() => {
    if (outcome.key) board.current?.settle(outcome.key, outcome.refused);
  }, [outcome]);

  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(""), SAY_MS);
    return () => clearTimeout(timer);
  }, [said]);

  // Where there is room for a few hours only, those around now.
  const home = (now, evening) => {
    const whole = eveningWindow(now, evening);
    if (scroll.current.clientWidth > 600) return whole;
    const from = evening === now.today ? Math.max(whole[0], wallNow(now.zone) - HOUR) : whole[0];
    return [from, from + 5 * HOUR];
  };
  const arrange = (patch) => {
    setOptions({ ...options, ...patch });
    board.current?.arrange(patch);
  };
  const show = (window) => board.current.chart.show(...window);
  const tonight = () => show(home(plan, today));
  const by = (days) => {
    const wide = view.span > 2 * DAY;
    const evening = wallOf(ms(view.evening) + (wide ? 7 * days : days) * DAY).slice(0, 10);
    show(wide ? weekOf(evening) : home(plan, evening));
  };
  const weekOf = (evening) => [mondayOf(ms(evening)) + minutesOf(dayStarts), mondayOf(ms(evening)) + minutesOf(dayStarts) + 7 * DAY];
  const zoom = (key) => {
    if (key === "evening") return show(eveningWindow(plan, view.evening));
    if (key === "week") return show(weekOf(view.evening));
    const [from, to] = board.current.chart.window;
    const now = wallNow(zone);
    const middle = now > from && now < to ? now : from + (to - from) / 2;
    return show([middle - (Number(key) * HOUR) / 2, middle + (Number(key) * HOUR) / 2]);
  };
  const nearer = (factor) => {
    const [from, to] = board.current.chart.window;
    const half = ((to - from) * factor) / 2;
    show([from + (to - from) / 2 - half, from + (to - from) / 2 + half]);
  };
  const level = !view.span ? "" : view.span <= 1.5 * HOUR ? "1" : Math.abs(view.span - 4 * HOUR) < HOUR ? "4" : view.span > 5 * DAY ? "week" : view.span > 8 * HOUR && view.span < 22 * HOUR ? "evening" : "";

  const keys = (event) => {
    if (event.target.closest?.("input, select, textarea, dialog") || event.defaultPrevented || !board.current) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const act = { PageUp: () => by(-1), PageDown: () => by(1), t: tonight, "+": () => nearer(0.5), "-": () => nearer(2) }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && undo) onUndo(outcome.key);
    else if (plain && act) act();
    else return;
    event.preventDefault();
  };

  const empty = people.length === 0;
  const holiday = view.span < 2 * DAY ? holidays[view.evening] : "";
  const busy = !kit || week.current !== first;
  return h(
    "div",
    { className: "tl", onKeyDown: keys, "data-scope": scope },
    h(
      "div",
      { className: "tl-tools" },
      h("span", { className: "tl-going" }, button("‹", () => by(-1), { disabled: !kit, "aria-label": "Evening before", className: "button button-icon" }), button("Tonight", tonight, { disabled: !kit }), button("›", () => by(1), { disabled: !kit, "aria-label": "Next evening", className: "button button-icon" })),
      h("b", { className: "tl-when num", "aria-live": "polite" }, view.words, view.evening === today && view.span < 2 * DAY ? h("span", { className: "tag", "data-tone": "session" }, "tonight") : null),
      holiday && h("span", { className: "tag tl-holiday-name", title: holiday }, holiday),
      h(Select, { label: "How much of the clock", value: level, options: [...(level ? [] : [["", "Zoom"]]), ["1", "1 hour"], ["4", "4 hours"], ["evening", "Evening"], ["week", "Week"]], onChange: zoom, disabled: !kit }),
      h("span", { className: "tl-space-between" }),
      h("input", { type: "search", className: "input tl-find", placeholder: "Find a name", "aria-label": "Find a name", value: options.query, onChange: (event) => arrange({ query: event.target.value }) }),
      h(Select, { label: "Who", value: options.role, options: [["", "Everybody"], ["therapist", "Therapists"], ["driver", "Drivers"]], onChange: (role) => arrange({ role }) }),
      h(Select, { label: "Order", value: options.sort, options: [["name", "By name"], ["most", "Most jobs first"], ["least", "Fewest jobs first"]], onChange: (sort) => arrange({ sort }) }),
      h(Keys, { keys: listed }),
    ),
    h(
      "div",
      {
        ref: scroll,
        className: "tl-scroll",
        tabIndex: 0,
        role: "listbox",
        "aria-multiselectable": true,
        "aria-label": "Jobs of everybody along the clock. Arrow keys go from one to the next.",
        "aria-activedescendant": active || undefined,
        "aria-busy": busy,
      },
      h("div", { ref: space, className: "tl-space" }, h("div", { ref: stick, className: "tl-stick" })),
      !kit && h("div", { className: "tl-bones", "data-skeleton": true, "aria-hidden": true }, failed ? null : Array.from({ length: 12 }, (_, bone) => h("div", { key: bone, className: "bone" }))),
      failed && h("p", { className: "empty", role: "alert" }, "The chart could not be fetched. Check the connection and load the page again."),
      kit && empty && h("p", { className: "tl-empty empty" }, "There are no therapists and drivers yet. Whoever is added under Staff gets a row here."),
    ),
    h("p", { className: "unseen", role: "status" }, hint ? [hint.words, ...hint.problems].join(", ") : said),
    hint && at && h("div", { className: "tl-hint", "data-bad": hint.problems.length > 0, style: { left: `${at.x}px`, top: `${at.y}px` } }, h("b", { className: "num" }, hint.words), hint.problems.map((words) => h("span", { key: words }, words))),
    board.current && !at && (chosen.length > 0 || hint) && h(Hand, { board: board.current, chosen, hint, people, onOpen: (visit) => navigate(`/appointments/${visit}`) }),
    said && h("p", { className: "tl-said panel" }, said, button("Close", () => setSaid(""), { className: "button button-small button-quiet" })),
    undo && !chosen.length && !hint && h("p", { className: "tl-undo panel", "data-undo": true }, h("span", null, undo), button("Undo", () => onUndo(outcome.key), { className: "button button-small button-step" })),
  );
}
