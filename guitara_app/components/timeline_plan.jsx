// What a timeline shows of a week: blocks in rows, out of visits, trips and hours. Only what came anew is looked at again.
// Walls of the firm (``2026-11-28T21:30``) count as if they were UTC, so no browser's own time zone comes in.
import { dayWords as wordsOf, mondayOf as mondayOfDay, ms, offsetOf, wall as wallOf } from "./plan_time.jsx";

export { ms, wallOf };
export const MINUTE = 60000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const clock = (at) => wallOf(at).slice(11);
export const dayWords = (at) => wordsOf(wallOf(at));
export const mondayOf = (at) => ms(mondayOfDay(wallOf(at)));
export const wallNow = (zone) => Date.now() + offsetOf(zone) * MINUTE;

// What a state is called, and a sign that can be told from the others without its colour, also where there is no room for the word.
export const STATES = {
  pending: ["?", "waiting for an answer"],
  therapist_confirmed: ["✓", "confirmed"],
  driver_confirmed: ["✓", "confirmed, with driver"],
  in_transit: ["→", "on the way"],
  arrived: ["→", "arrived"],
  dropped_off: ["→", "dropped off"],
  in_session: ["●", "in session"],
  awaiting_payment: ["₱", "payment due"],
  paid: ["₱", "paid"],
  completed: ["–", "completed"],
  cancelled: ["×", "cancelled"],
  expired: ["×", "expired"],
  no_show: ["×", "no-show"],
  offered: ["?", "no answer yet"],
  accepted: ["✓", "accepted"],
  rejected: ["!", "rejected"],
  lapsed: ["!", "answer too late"],
  withdrawn: ["!", "withdrawn"],
  planned: ["?", "planned"],
  searching: ["?", "searching a driver"],
  under_way: ["→", "under way"],
  done: ["–", "done"],
};
const LIVE = new Set(["offered", "accepted"]);
const REFUSED = new Set(["rejected", "lapsed", "withdrawn"]);
const TAKEN = new Set(["offered", "accepted", "under_way"]);
const WAYS = { out: "way there", back: "way back", on: "to the next client" };
export const isLive = (seat) => LIVE.has(seat.answer);
export const WAITING = { therapist: "wait-therapist-", driver: "wait-driver-" };

const range = (from, to) => `${clock(from)} to ${clock(to)}`;
const seatBlock = (visit, seat) => {
  const [from, to, until] = seat ? [ms(seat.starts), ms(seat.ends), ms(seat.until)] : [ms(visit.starts), ms(visit.ends), ms(visit.ends)];
  const refused = seat && REFUSED.has(seat.answer);
  const state = refused ? seat.answer : visit.state;
  return {
    id: seat ? `s${seat.id}` : `v${visit.id}`,
    kind: "seat",
    role: "therapist",
    // What somebody refused waits for somebody else, and does not stand in the way of whoever refused it.
    row: seat && !refused ? `p${seat.person_id}` : "",
    from,
    to: Math.max(to, from + 5 * MINUTE),
    until: Math.max(until, to, from + 5 * MINUTE),
    state,
    words: () => {
      const text = [visit.client + (visit.repeats ? " \u21bb" : ""), visit.services, visit.place].filter(Boolean).join(" · ");
      const who = refused ? `refused by ${seat.name}` : (seat?.name ?? "nobody yet");
      const unsaid = seat?.answer === "offered" && visit.state !== "pending" ? ", no answer yet" : "";
      return [text, `${range(from, to)}, ${text}, ${STATES[state]?.[1] ?? state}${unsaid}${until > to ? `, free again ${clock(until)}` : ""}. Visit ${visit.id}${visit.repeats ? " of a series" : ""}, ${who}`];
    },
    visit_id: visit.id,
    person_id: seat?.person_id ?? 0,
    // Whose work is over, or who refused, is not moved along with the visit; a place that was refused can be given to somebody else.
    along: visit.movable && (!seat || isLive(seat)),
    across: visit.movable && (!seat || isLive(seat) || refused),
    takes: Boolean(seat) && isLive(seat),
    seat,
    of: visit,
  };
};

const legBlock = (leg) => {
  const from = ms(leg.starts);
  const to = Math.max(ms(leg.ends), from + 5 * MINUTE);
  return {
    id: `l${leg.id}`,
    kind: "leg",
    role: "driver",
    row: leg.driver_id ? `p${leg.driver_id}` : "",
    from,
    to,
    until: to,
    state: leg.state,
    words: () => [leg.words, `${range(from, to)}, ${leg.words}, ${WAYS[leg.way] ?? leg.way}, ${STATES[leg.state]?.[1] ?? leg.state}. Visit ${leg.visit_id}, ${leg.driver || "nobody drives yet"}`],
    visit_id: leg.visit_id,
    person_id: leg.driver_id,
    along: false,
    across: leg.movable,
    takes: TAKEN.has(leg.state),
    of: leg,
  };
};

const spanBlock = (span) => ({ id: `b${span.key}`, kind: span.kind, row: `p${span.person_id}`, from: ms(span.starts), until: ms(span.ends), of: span });

const MAKE = {
  visits: (visit) => (visit.seats.length ? visit.seats.map((seat) => seatBlock(visit, seat)) : visit.movable ? [seatBlock(visit, null)] : []),
  legs: (leg) => [legBlock(leg)],
  spans: (span) => [spanBlock(span)],
};
const KEY = { visits: "id", legs: "id", spans: "key" };

export class Plan {
  constructor() {
    this.people = [];
    this.blocks = new Map();
    this.rows = new Map();
    this.sources = { visits: new Map(), legs: new Map(), spans: new Map() };
    this.lanes = { therapist: 0, driver: 0 };
    this.unassigned = new Set();
    this.relay = false;
  }

  // The blocks that are others than before, or gone, with what they were; null where there was none of that number, not even its visit.
  take(given) {
    const changed = new Map();
    this.people = given.people;
    for (const name of Object.keys(MAKE)) this.sync(name, given[name], changed);
    if (this.relay) this.layWaiting();
    return changed;
  }

  sync(name, list, changed) {
    const known = this.sources[name];
    const seen = new Set();
    for (const one of list) {
      const key = one[KEY[name]];
      seen.add(key);
      const before = known.get(key);
      if (before?.of === one) continue;
      before?.ids.forEach((id) => this.drop(id, changed));
      const blocks = MAKE[name](one);
      blocks.forEach((block) => this.put(block, changed, before !== undefined));
      known.set(key, { of: one, ids: blocks.map((block) => block.id) });
    }
    if (seen.size === known.size) return;
    for (const [key, { ids }] of known) {
      if (seen.has(key)) continue;
      ids.forEach((id) => this.drop(id, changed));
      known.delete(key);
    }
  }

  put(block, changed, known) {
    if (!changed.has(block.id)) changed.set(block.id, known ? undefined : null);
    this.blocks.set(block.id, block);
    if (!block.row) {
      this.unassigned.add(block.id);
      this.relay = true;
      return;
    }
    if (!this.rows.has(block.row)) this.rows.set(block.row, new Map());
    this.rows.get(block.row).set(block.id, block);
  }

  drop(id, changed) {
    const block = this.blocks.get(id);
    if (!block) return;
    changed.set(id, block);
    this.blocks.delete(id);
    this.rows.get(block.row)?.delete(id);
    if (this.unassigned.delete(id)) this.relay = true;
  }

  // What nobody does yet stands in as few rows as it takes without one block hiding another.
  layWaiting() {
    for (const role of Object.keys(WAITING)) {
      for (let lane = 0; lane < this.lanes[role]; lane += 1) this.rows.delete(`${WAITING[role]}${lane}`);
      const waiting = [...this.unassigned].map((id) => this.blocks.get(id)).filter((block) => block.role === role);
      const ends = [];
      for (const block of waiting.sort((a, b) => a.from - b.from)) {
        let lane = ends.findIndex((end) => end <= block.from);
        if (lane < 0) lane = ends.length;
        ends[lane] = block.until;
        block.row = `${WAITING[role]}${lane}`;
        if (!this.rows.has(block.row)) this.rows.set(block.row, new Map());
        this.rows.get(block.row).set(block.id, block);
      }
      this.lanes[role] = ends.length;
    }
    this.relay = false;
  }

  of(row) {
    return [...(this.rows.get(row)?.values() ?? [])];
  }

  jobs(row) {
    return this.of(row).filter((block) => block.words);
  }
}

const ROLES = { therapist: ["Therapists", "No therapist yet"], driver: ["Drivers", "No driver yet"] };
const SORTS = {
  name: (a, b) => a.name.localeCompare(b.name),
  most: (a, b, jobs) => jobs(b) - jobs(a) || a.name.localeCompare(b.name),
  least: (a, b, jobs) => jobs(a) - jobs(b) || a.name.localeCompare(b.name),
};

// The rows from top to bottom: for each role its heading, what waits for somebody, and everybody who passes.
export const rowsOf = (plan, { query, role, sort, from, to }) => {
  const counts = new Map();
  const jobs = (person) => {
    if (!counts.has(person.id)) counts.set(person.id, plan.jobs(`p${person.id}`).filter((block) => block.from < to && block.until > from).length);
    return counts.get(person.id);
  };
  const wanted = query.trim().toLowerCase();
  const rows = [];
  for (const [name, [heading, nobody]] of Object.entries(ROLES)) {
    if (role && role !== name) continue;
    const all = plan.people.filter((person) => person.role === name);
    const people = all.filter((person) => person.name.toLowerCase().includes(wanted)).sort((a, b) => SORTS[sort](a, b, jobs));
    if (!all.length && !plan.lanes[name]) continue;
    rows.push({ id: `head-${name}`, kind: "head", label: heading, detail: wanted ? `${people.length} of ${all.length}` : `${all.length}` });
    for (let lane = 0; lane < plan.lanes[name]; lane += 1) {
      rows.push({ id: `${WAITING[name]}${lane}`, kind: "waiting", role: name, label: lane ? "" : nobody, detail: "" });
    }
    for (const person of people) rows.push({ id: `p${person.id}`, kind: "person", role: name, label: person.name, detail: person.vehicle, person_id: person.id });
  }
  return rows;
};

// Why somebody cannot take what is moved: the jobs in the way, and hours. Only a hint: the server has the last word.
export const hintOf = (plan, moved, row, shift) => {
  const ids = new Set(moved.map((block) => block.id));
  const found = [];
  for (const block of moved) {
    const at = row ?? block.row;
    const [from, until, to] = [block.from + shift, block.until + shift, block.to + shift];
    if (!at.startsWith("p")) continue;
    const others = plan.jobs(at).filter((other) => other.takes && !ids.has(other.id));
    const clash = others.find((other) => other.from < until && from < other.until);
    if (clash) found.push(`clashes with ${clash.kind === "leg" ? clash.words()[0] : `#${clash.visit_id}`}, ${clock(clash.from)} to ${clock(clash.until)}`);
    else if (row && others.some((other) => other.visit_id === block.visit_id && block.kind === "seat")) found.push("is on this visit already");
    const hours = plan.of(at);
    if (hours.some((span) => span.kind === "off" && span.from < to && from < span.until)) found.push("has time off");
    else if (!hours.some((span) => span.kind === "shift" && span.from <= from && to <= span.until)) found.push("is not on shift then");
  }
  const together = row ? moved : [];
  if (together.some((one) => together.some((other) => other !== one && one.from < other.until && other.from < one.until))) found.push("these overlap each other");
  return [...new Set(found)];
};

// What is sent when blocks are dropped: one move for each visit, however many of its places are moved, and one for each trip.
export const dropOf = (plan, moved, { shift, person }) => {
  const visits = new Map();
  const legs = [];
  for (const block of moved) {
    if (block.kind === "leg") {
      if (person && person !== block.person_id) legs.push({ block: block.id, leg_id: block.of.id, driver_id: person, seen_driver_id: block.person_id });
      continue;
    }
    const visit = block.of;
    if (!visits.has(visit.id)) {
      const people = visit.seats.filter(isLive).map((seat) => seat.person_id);
      // All that shows the visit, also what was only carried along: if it is refused, all of it goes back.
      const all = visit.seats.filter(isLive).map((seat) => `s${seat.id}`);
      visits.set(visit.id, { blocks: shift ? all : [], replace: [], people, seen: [...people], visit, given: false });
    }
    const move = visits.get(visit.id);
    if (!move.blocks.includes(block.id)) move.blocks.push(block.id);
    if (!person || person === block.person_id) continue;
    if (!block.seat) move.people.push(person);
    else if (isLive(block.seat)) move.people[move.people.indexOf(block.person_id)] = person;
    else move.replace.push({ seat_id: block.seat.id, person_id: person });
    move.given ||= !block.seat || isLive(block.seat);
  }
  // Whoever moves several along by the same distance may move one into the place another has just left.
  const order = (a, b) => (shift > 0 ? -1 : 1) * (ms(a.visit.starts) - ms(b.visit.starts));
  return {
    visits: [...visits.values()].sort(order).map(({ blocks, replace, people, seen, visit, given }) => ({
      blocks,
      replace,
      move: {
        visit_id: visit.id,
        starts: shift ? wallOf(ms(visit.starts) + shift) : "",
        seen_starts: visit.starts,
        seen_ends: visit.ends,
        therapist_ids: given ? people : null,
        seen_people: given ? seen : null,
      },
    })),
    legs,
  };
};
