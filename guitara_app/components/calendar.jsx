// The visits of a month, a week or one evening. What is shown is pushed; a drop only asks, and the block waits where it was until the answer is pushed as well.
import { createElement as h, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { createCalendar, DayGrid, destroyCalendar, Interaction, TimeGrid } from "@event-calendar/core";
import "./calendar.css";
import { chosen, contentFor, dayOf, gridEvents, hms, holidayEvents, holidayNode, limits, monthEvents, movedBy, proposed, seen, sinceMidnight, slotEvents, stretchedBy, widest } from "./calendar_events.jsx";
import { useKeys, useLabels, useNews } from "./calendar_keys.jsx";
import { CalendarList } from "./calendar_list.jsx";
import { CalendarTools, stepTo, titleOf, VIEWS } from "./calendar_tools.jsx";
import { useConnection } from "./connection.jsx";
import { prefill } from "./draft.jsx";
import { openDrawer } from "./drawer.jsx";
import { clockOf, dayWords, eveningOf, mondayOf, monthPlus, monthTopic, ms, offsetOf, plusDays, shifted, unshifted, wallNow, weekday, weekTopic } from "./plan_time.jsx";
import { unpacker } from "./plan_month.jsx";
import { usePlanPlace } from "./plan_place.jsx";

const KINDS = { month: "dayGridMonth", week: "timeGridWeek", day: "timeGridDay" };
const SLOT_HEIGHT = 24;
const HEAD_HEIGHT = 32;
const NARROWEST = 84;
const LONG_PRESS_MS = 350;
const SLOTS_AFTER_MS = 1200;
const NOTHING = [];
const NO_HOLIDAYS = {};

const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
// The business day begins at midnight of a clock of its own, so that the line of now and today fall where they belong.
const ownZone = (frame) => {
  const offset = offsetOf(frame.zone) - sinceMidnight(`2000-01-01T${frame.day_starts}`);
  return `${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(Math.abs(offset) % 60)}`;
};
// How many weeks a month touches.
const weeksOf = (day) => {
  const first = `${day.slice(0, 7)}-01`;
  return Math.ceil((ms(monthPlus(day, 1)) - ms(mondayOf(first))) / (7 * 86400000));
};
const headOf = (day, holidays) => {
  const words = document.createElement("span");
  words.textContent = dayWords(day);
  return { domNodes: [words, ...holidayNode(holidays[day])] };
};
const share = (visits) => {
  const most = widest(visits);
  return `minmax(0, ${most < 5 ? 1 : most < 8 ? 1.5 : 2.2}fr)`;
};

export function Calendar({ week, month, slots, proposal, words: given, owner, drawer, undo, onLook, onSlots, onPropose, onUndo, className }) {
  const navigate = useNavigate();
  const connection = useConnection();
  const [place, go] = usePlanPlace(VIEWS);
  const [words] = useState(given);
  const [phone] = useState(() => window.matchMedia("(max-width: 760px)").matches);
  const [whole, setWhole] = useState(false);
  const [said, setSaid] = useState("");
  const [room, setRoom] = useState({ width: 1200, height: 600 });
  const view = place.view || (phone ? "list" : "week");
  const plan = view === "month" ? month : week;
  const on = place.on || plan.today || week.today || month.today || "";
  const topic = on && (view === "month" ? monthTopic(on) : weekTopic(on));
  const ready = Boolean(plan.loaded && (topic ? plan.scope === topic : true) && plan.zone);
  const frame = useMemo(
    () => (ready ? { opens: plan.opens, closes: plan.closes, day_starts: plan.day_starts, zone: plan.zone } : null),
    [ready, plan.opens, plan.closes, plan.day_starts, plan.zone],
  );
  const dayStarts = frame?.day_starts ?? "06:00";

  // The page's own load watches what the address says, at first and after every gap; from then on each step is asked for. That a plan was
  // looked at before says nothing: what is not watched any more has been told nothing since.
  const watched = useRef("");
  useEffect(() => {
    if (!topic || watched.current === topic) return;
    const first = !watched.current;
    watched.current = topic;
    if (!first || (plan.scope && plan.scope !== topic)) onLook?.(view === "month" ? "month" : "week", on);
  }, [topic]);

  const [unpack] = useState(unpacker);
  const around = useMemo(() => (!ready ? NOTHING : view === "month" ? unpack(plan) : plan.visits), [ready, view === "month", plan.visits, plan.names]);
  const inView = useMemo(() => {
    const days = view === "day" || view === "list" ? (visit) => visit.evening === on : () => true;
    return chosen(around, place).filter(days);
  }, [around, place, view, on]);
  const holidays = ready ? plan.holidays : NO_HOLIDAYS;

  const box = useRef(null);
  const calendar = useRef(null);
  const acts = useRef({});

  const book = useCallback(
    (patch) => {
      prefill("booking", owner, patch);
      openDrawer(drawer);
    },
    [owner, drawer],
  );
  const propose = useCallback((move) => onPropose?.(move), [onPropose]);
  const visitOf = (info) => info.event.extendedProps.visit;
  acts.current = {
    drop: (info, move) => {
      const visit = visitOf(info);
      // It goes back at once: where it is shown is what is so.
      info.revert();
      if (connection !== "live") {
        setSaid("No connection: nothing was moved.");
        return;
      }
      propose(move(visit));
    },
    click: (info) => {
      const { visit, more, hour, day } = info.event.extendedProps;
      if (visit && !info.event.extendedProps.proposed) navigate(`/appointments/${visit.id}`);
      else if (more || hour) go({ view: phone ? "list" : "day", on: day });
    },
    select: (starts) => {
      const at = unshifted(starts.slice(0, 16), dayStarts);
      book({ evening: eveningOf(at, dayStarts), start: clockOf(at) });
      calendar.current?.unselect();
    },
    day: (day) => go({ view: phone ? "list" : "day", on: day }),
  };

  // Made once there is something to show; later changes are told to it.
  const made = ready && view !== "list";
  useEffect(() => {
    if (!made) return undefined;
    const options = {
      view: KINDS[view],
      date: on,
      timeZone: ownZone(frame),
      firstDay: 1,
      headerToolbar: { start: "", center: "", end: "" },
      allDaySlot: false,
      editable: true,
      eventResizableFromStart: false,
      selectable: true,
      nowIndicator: true,
      dayMaxEvents: false,
      slotEventOverlap: false,
      slotDuration: "00:30",
      snapDuration: "00:15",
      longPressDelay: LONG_PRESS_MS,
      height: "100%",
      eventTimeFormat: () => "",
      slotLabelFormat: () => "",
      views: { dayGridMonth: { selectable: false } },
      eventDrop: (info) => acts.current.drop(info, (visit) => movedBy(visit, info.delta)),
      eventResize: (info) => acts.current.drop(info, (visit) => stretchedBy(visit, info.endDelta)),
      eventClick: (info) => acts.current.click(info),
      select: (info) => acts.current.select(info.startStr),
      dateClick: (info) => (info.view.type === KINDS.month ? acts.current.day(info.dateStr.slice(0, 10)) : acts.current.select(info.dateStr)),
      events: [],
    };
    calendar.current = createCalendar(box.current, [DayGrid, TimeGrid, Interaction], options);
    const node = box.current;
    return () => {
      destroyCalendar(calendar.current);
      calendar.current = null;
      node.replaceChildren();
    };
  }, [made]);

  useEffect(() => {
    const node = box.current;
    const measure = () => {
      const { height, width } = node.getBoundingClientRect();
      setRoom({ width, height });
    };
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(node);
    return () => watcher.disconnect();
  }, []);

  const most = phone || !on ? 0 : Math.max(1, Math.floor(((room.height - HEAD_HEIGHT) / weeksOf(on) - 28) / 20));
  const counts = useMemo(() => {
    const found = new Map();
    for (const visit of inView) found.set(visit.evening, (found.get(visit.evening) ?? 0) + 1);
    return found;
  }, [inView]);
  const events = useMemo(() => {
    if (!frame) return NOTHING;
    if (view === "list") return NOTHING;
    const extra = proposed(proposal, around, dayStarts);
    if (view === "month") return [...monthEvents(inView, dayStarts, most), ...extra.map((one) => ({ ...one, end: one.start }))];
    const full = slotEvents(slots.topic === topic ? slots.rows : NOTHING, dayStarts);
    return [...holidayEvents(holidays), ...full, ...gridEvents(inView, dayStarts, view !== "week", plan.today), ...extra];
  }, [frame, inView, view, most, slots, proposal, around, plan.today, holidays]);

  useEffect(() => {
    const made = calendar.current;
    if (!made) return;
    const set = (name, value) => made.setOption(name, value);
    const [from, to] = view === "month" ? [0, 1440] : limits(inView, frame, whole);
    const columns = view === "day" ? widest(inView) : 1;
    set("timeZone", ownZone(frame));
    if (made.getOption("view") !== KINDS[view]) set("view", KINDS[view]);
    set("date", on);
    set("slotMinTime", hms(from));
    set("slotMaxTime", hms(to));
    set("slotHeight", Math.max(SLOT_HEIGHT, Math.floor((room.height - HEAD_HEIGHT) / ((to - from) / 30))));
    set("columnWidth", columns * NARROWEST > room.width - 200 ? `minmax(${columns * NARROWEST + 160}px, 1fr)` : undefined);
    set("eventContent", contentFor(words, frame));
    set("dayCellContent", (cell) => {
      if (view !== "month") return undefined;
      const day = dayOf(cell.date);
      const count = counts.get(day) ?? 0;
      const number = document.createElement("b");
      number.textContent = String(Number(day.slice(8)));
      const many = document.createElement("span");
      many.className = "mute num cal-day-count";
      many.textContent = count ? `${count} ${count === 1 ? "visit" : "visits"}` : "";
      return { domNodes: [number, ...holidayNode(holidays[day]), many] };
    });
    set("dayHeaderFormat", (date) => (view === "month" ? weekday(dayOf(date)) : headOf(dayOf(date), holidays)));
    set("events", events);
  }, [made, view, on, events, counts, whole, room.width, room.height, words, frame, holidays]);
  // Where the work is now stands in sight at first; from then on what somebody scrolled to stays.
  useEffect(() => {
    if (!made || !calendar.current || view === "month") return;
    const now = shifted(wallNow(frame.zone), dayStarts);
    const shown = view === "week" ? mondayOf(on) === mondayOf(plan.today) : on === plan.today;
    calendar.current.setOption("scrollTime", hms(shown ? Math.max(0, sinceMidnight(now) - 60) : limits(inView, frame, whole)[0]));
  }, [made, view, on]);
  // A full evening gets more of the width than a quiet one.
  const columns = useMemo(
    () => view === "week" && Array.from({ length: 7 }, (_, day) => share(inView.filter((visit) => visit.evening === plusDays(mondayOf(on || "2000-01-03"), day)))).join(" "),
    [inView, view, on],
  );

  useLabels(box, made, dayStarts);
  useKeys(box, { view, on, today: plan.today, go, propose, around, undo, onUndo, step: (by) => on && go({ on: stepTo(view, on, by) }) });
  useNews(box, { around, topic, setSaid });

  // How full the evenings are is worked out by the server, once for all that is shown, and again after what changes it has come to rest.
  const first = view === "week" ? plan.first : on;
  useEffect(() => {
    if (!ready || (view !== "week" && view !== "day")) return undefined;
    const wait = slots.topic === topic ? SLOTS_AFTER_MS : 0;
    const timer = setTimeout(() => onSlots?.(on), wait);
    return () => clearTimeout(timer);
  }, [ready, topic, view, plan.rev, first]);

  return h(
    "div",
    { className: `cal-page ${className ?? ""}`, "data-view": view, "data-ready": ready },
    h(CalendarTools, { place, view, on, today: plan.today, visits: around, shown: inView.length, words, whole, onGo: go, onWhole: () => setWhole(!whole), onBook: book }),
    h(
      "section",
      { className: "panel cal-panel", "aria-label": `Calendar, ${titleOf(view, on)}`, "aria-busy": !ready },
      ready && view === "list" && h(CalendarList, { key: on, visits: inView, holiday: holidays[on], words, until: on === plan.today ? wallNow(frame.zone) : "", onMove: (visit) => propose(seen(visit)) }),
      h("div", { ref: box, className: "cal", hidden: view === "list", "data-view": view, style: columns ? { "--cal-columns": columns } : undefined }),
      !ready && h("div", { className: "bones cal-bones", "data-skeleton": true, "aria-hidden": true }, Array.from({ length: 12 }, (_, line) => h("div", { key: line, className: "bone" }))),
      ready && inView.length === 0 && view !== "list" && h("p", { className: "cal-empty", role: "status" }, around.length ? "Nothing that is booked passes what is filtered." : "Nothing is booked here yet. Choose a time to book a visit."),
    ),
    h(
      "div",
      { className: "cal-foot" },
      h("span", { className: "cal-said", role: "status" }, said),
      h("span", { className: "mute only-desk cal-hints" }, "Arrows between visits, Enter opens, M moves, T tonight, [ and ] earlier and later"),
    ),
  );
}
