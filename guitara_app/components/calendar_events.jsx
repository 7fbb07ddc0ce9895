// What the calendar draws of a plan's visits: blocks, the few of a day that a month shows with how many more there are, and whole hours where there is no room for blocks.
import { clock, clockIn, eveningOf, minutesBetween, minutesOf, ms, plus, shifted, unshifted, wall } from "./plan_time.jsx";
import { liveSeats, passes, servicesOf } from "./plan_place.jsx";

const NEVER_WAS = ["cancelled", "expired", "no_show"];
// More visits than this in one evening of a week are hours, not blocks: blocks would be too narrow to read or to take hold of.
const MOST_BLOCKS = 60;
const MOST_BESIDE = 12;

// What passes the filters. What was called off does not, unless it is asked for.
export const chosen = (visits, place) => {
  const fits = passes(place);
  const asked = place.states.length > 0;
  return visits.filter((visit) => fits(visit) && (asked || !NEVER_WAS.includes(visit.state)));
};

const block = (visit, dayStarts, more) => ({
  id: String(visit.id),
  start: shifted(visit.starts, dayStarts),
  end: shifted(visit.ends, dayStarts),
  startEditable: visit.movable,
  durationEditable: visit.movable,
  extendedProps: { visit },
  ...more,
});

const byDay = (visits) => {
  const days = new Map();
  for (const visit of visits) {
    if (!days.has(visit.evening)) days.set(visit.evening, []);
    days.get(visit.evening).push(visit);
  }
  return days;
};

// The first ``most`` of each day, and a line that leads to the others.
export const monthEvents = (visits, dayStarts, most) =>
  [...byDay(visits)].flatMap(([day, all]) => {
    const room = all.length > most ? Math.max(0, most - 1) : most;
    // Those that are still to come first: they are what can be planned.
    const first = [...all.filter((visit) => visit.movable), ...all.filter((visit) => !visit.movable)].slice(0, room);
    const shown = first.map((visit) => {
      const starts = shifted(visit.starts, dayStarts);
      // A visit belongs to one evening, however long it takes.
      return block(visit, dayStarts, { end: plus(starts, 1), durationEditable: false });
    });
    if (all.length > room && most > 0) {
      const at = `${day}T23:58`;
      shown.push({ id: `more-${day}`, start: at, end: plus(at, 1), editable: false, extendedProps: { more: all.length - room, day } });
    }
    return shown;
  });

const hours = (day, all, dayStarts) => {
  const found = new Map();
  for (const visit of all) {
    const at = `${shifted(visit.starts, dayStarts).slice(0, 13)}:00`;
    if (!found.has(at)) found.set(at, []);
    found.get(at).push(visit);
  }
  return [...found].map(([at, some]) => ({
    id: `hour-${at}`,
    start: at,
    end: plus(at, 60),
    editable: false,
    extendedProps: { hour: unshifted(at, dayStarts), day, count: some.length, states: some.map((visit) => visit.state) },
  }));
};

// How full an evening is stands beside its blocks, but not of one that is over.
const past = (day, today) => (day < today ? { classNames: ["cal-past"] } : {});

export const gridEvents = (visits, dayStarts, oneDay, today) =>
  [...byDay(visits)].flatMap(([day, all]) =>
    !oneDay && (all.length > MOST_BLOCKS || widest(all) > MOST_BESIDE) ? hours(day, all, dayStarts) : all.map((visit) => block(visit, dayStarts, past(day, today))),
  );

export const slotEvents = (slots, dayStarts) =>
  slots.map((slot) => ({
    id: `slot-${slot.starts}`,
    start: shifted(slot.starts, dayStarts),
    end: shifted(slot.ends, dayStarts),
    display: "background",
    classNames: [`cal-${slot.level}`],
    extendedProps: { slot },
  }));

// A holiday is its whole evening, behind everything else of it.
export const holidayEvents = (holidays) =>
  Object.keys(holidays).map((day) => ({ id: `holiday-${day}`, start: `${day}T00:00`, end: plus(`${day}T00:00`, 1440), display: "background", classNames: ["cal-holiday"], extendedProps: { holiday: true } }));
export const holidayNode = (words) => {
  if (!words) return [];
  const node = put("span", "cal-holiday-name", words);
  node.title = words;
  return [node];
};

export const proposed = (proposal, visits, dayStarts) => {
  const visit = visits.find((one) => one.id === proposal.visit_id);
  if (!proposal.number || !proposal.becomes || !visit) return [];
  const starts = proposal.starts;
  const there = { ...visit, starts, ends: proposal.ends, evening: eveningOf(starts, dayStarts) };
  return [block(there, dayStarts, { id: "proposed", editable: false, startEditable: false, durationEditable: false, classNames: ["cal-proposed"], extendedProps: { visit: there, proposed: true } })];
};

// How many stand beside each other at most.
export const widest = (visits) => {
  const ends = [];
  let most = 1;
  for (const visit of [...visits].sort((a, b) => (a.starts < b.starts ? -1 : 1))) {
    let column = ends.findIndex((end) => end <= visit.starts);
    if (column < 0) column = ends.length;
    ends[column] = visit.ends;
    most = Math.max(most, ends.filter((end) => end > visit.starts).length);
  }
  return most;
};

// Which hours of a day to show, in minutes since it began: when the firm is open, and more where there is work before or after.
export const limits = (visits, frame, whole) => {
  if (whole) return [0, 1440];
  const begins = minutesOf(frame.day_starts);
  const into = (time) => (minutesOf(time) - begins + 1440) % 1440;
  let [from, to] = [into(frame.opens), into(frame.closes) || 1440];
  for (const visit of visits) {
    const start = minutesBetween(`${visit.evening}T${frame.day_starts}`, visit.starts);
    from = Math.min(from, Math.max(0, Math.floor(start / 60) * 60));
    to = Math.max(to, Math.min(1440, Math.ceil((start + minutesBetween(visit.starts, visit.ends)) / 60) * 60));
  }
  return [from, Math.max(to, from + 60)];
};
export const hms = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

const put = (tag, className, ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};

export const names = (visit) => liveSeats(visit).map((seat) => seat.name.split(" ")[0]).join(", ") || "nobody yet";

// The local date that the calendar hands out, read back as the wall clock it stands for.
const local = (date) => wall(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes()));

// In a week there is room for the word and the two numbers only; what they are is said to who asks.
const slotNode = (slot, whole) => {
  const room = slot.level === "free" || slot.level === "limited";
  const node = whole || !room ? put("span", "cal-slot", slot.words) : put("span", "cal-slot num", `${slot.level}: ${slot.therapists}`, put("br"), `${slot.drivers || "no"} driver${slot.drivers > 1 ? "s" : ""}`);
  node.title = slot.words;
  return node;
};

// What comes again is told from what comes once by a sign.
export const nameOf = (visit) => visit.client + (visit.repeats ? " \u21bb" : "");

// The inside of everything that is drawn, made of nodes: names of clients are text, never markup.
export const contentFor = (words, frame) => (info) => {
  const { visit, more, hour, count, states, slot, holiday, proposed: isProposed } = info.event.extendedProps;
  if (holiday) return { domNodes: [] };
  if (slot) return { domNodes: [slotNode(slot, info.view.type === "timeGridDay")] };
  if (more) return { domNodes: [put("span", "cal-block cal-more", `+${more} more`)] };
  if (hour) {
    const marks = put("span", "cal-marks");
    for (const state of [...new Set(states)]) {
      const mark = put("i", "dot");
      mark.dataset.state = state;
      mark.title = `${states.filter((one) => one === state).length} ${words[state] ?? state}`;
      marks.append(mark);
    }
    return { domNodes: [put("span", "cal-block cal-hour", put("b", "num", `${hour.slice(11)}`), put("span", "", `${count} visits`), marks)] };
  }
  if (!visit) return undefined;
  const moving = info.event.display === "preview";
  const starts = moving ? unshifted(local(info.event.start), frame.day_starts) : visit.starts;
  const ends = moving ? unshifted(local(info.event.end), frame.day_starts) : visit.ends;
  const evening = eveningOf(starts, frame.day_starts);
  const node = put("span", "cal-block");
  Object.assign(node.dataset, { state: visit.state, visit: visit.id, ...(isProposed ? { proposed: "true" } : {}) });
  const time = put("b", "num cal-time", clockIn(starts, evening));
  const till = put("span", "num cal-till", `\u2013${clockIn(ends, evening)}`);
  const parts = [put("span", "cal-line", time, ...(moving ? [till] : []), put("span", "cal-client", nameOf(visit)))];
  parts.push(put("span", "cal-people", names(visit)));
  const tag = put("span", "tag cal-state", isProposed ? "to be moved here" : words[visit.state] ?? visit.state);
  tag.dataset.state = visit.state;
  parts.push(tag);
  parts.push(put("span", "cal-facts", [servicesOf(visit).join(" + "), visit.place].filter(Boolean).join(", ")));
  node.append(...parts);
  node.title = `${clockIn(visit.starts, visit.evening)} to ${clockIn(visit.ends, visit.evening)}, ${visit.client}, #${visit.id}${visit.repeats ? ", one of a series" : ""}: ${words[visit.state] ?? visit.state}; ${names(visit)}`;
  return { domNodes: [node] };
};

// What a drop asks for: by how much it was moved counts, as that is the same in every time zone.
export const movedBy = (visit, delta) => {
  const minutes = delta.days * 1440 + delta.seconds / 60;
  return { ...seen(visit), starts: plus(visit.starts, minutes) };
};
export const stretchedBy = (visit, delta) => ({ ...seen(visit), ends: plus(visit.ends, delta.days * 1440 + delta.seconds / 60) });
export const seen = (visit) => ({ visit_id: visit.id, starts: "", ends: "", seen_starts: visit.starts, seen_ends: visit.ends, seen_people: visit.seats.filter((seat) => seat.answer === "offered" || seat.answer === "accepted").map((seat) => seat.person_id) });
export const labelOf = (minutes, dayStarts) => clock(minutes + minutesOf(dayStarts));
export const dayOf = (date) => local(date).slice(0, 10);
export const sinceMidnight = (iso) => Math.round((ms(iso.slice(0, 16)) - ms(iso.slice(0, 10))) / 60000);
