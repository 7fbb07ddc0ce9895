// What somebody does with a timeline: choose blocks, take them along or to another row with mouse, finger or keys, let go. What it came to is the server's word.
import { Chart } from "./timeline_chart.jsx";
import { listen } from "./timeline_hand.jsx";
import { HOUR, MINUTE, Plan, clock, dropOf, hintOf, ms, rowsOf, wallNow } from "./timeline_plan.jsx";

const NEWS_MS = 1600;
const SETTLE_MS = 4000;
const PATIENCE_MS = 20000;
const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

export class Board {
  constructor(kit, nodes, { plan, options, from, to, tell, onDrop, onOpen, onMoved }) {
    Object.assign(this, { nodes, tell, onDrop, onOpen });
    this.plan = new Plan();
    this.options = { ...options };
    this.marks = { chosen: new Set(), active: "", held: new Map(), news: new Set() };
    this.taken = null;
    this.given = null;
    this.chart = new Chart(kit, {
      ...nodes,
      from,
      to,
      now: wallNow(plan.zone),
      marks: this.marks,
      onMoved: (done) => {
        this.drawGhosts();
        if (done) this.arrange();
        onMoved(done);
      },
      onRows: () => {
        this.draw();
        this.drawGhosts();
      },
    });
    this.off = listen(this);
    this.take(plan);
    this.clock = setInterval(() => this.chart.setNow(wallNow(this.given.zone)), 30000);
  }

  destroy() {
    clearInterval(this.clock);
    this.off();
    this.chart.destroy();
  }

  // A new state of the plan. What differs is drawn; what is being moved and was changed by somebody else is let go.
  take(plan) {
    const fresh = this.given === null || this.given.first !== plan.first;
    const people = this.given?.people !== plan.people;
    const lanes = { ...this.plan.lanes };
    this.given = plan;
    const changed = this.plan.take(plan);
    const { held, chosen, news } = this.marks;
    for (const [id, before] of changed) {
      const block = this.plan.blocks.get(id);
      if (!block) {
        held.delete(id);
        chosen.delete(id);
        continue;
      }
      if (held.get(id)?.answered) this.letGo(id);
      else if (!fresh && !held.has(id) && block.words && (before ? moved(before, block) : before === undefined)) news.add(id);
    }
    if (news.size) setTimeout(() => this.forget(news), NEWS_MS);
    if (this.taken) this.keepTaken();
    if (people || this.options.sort !== "name" || lanes.driver !== this.plan.lanes.driver || lanes.therapist !== this.plan.lanes.therapist) this.arrange();
    else this.draw();
    this.tellChosen();
  }

  // Public holidays lie behind all rows.
  get holidays() {
    const { holidays, day_starts: turns } = this.given;
    return Object.entries(holidays).map(([day, of]) => ({ id: `holiday-${day}`, from: ms(`${day}T${turns}`), until: ms(`${day}T${turns}`) + 24 * HOUR, of }));
  }

  // What is in the hand and still stands where it was taken from stays in the hand.
  keepTaken() {
    const now = (block) => this.plan.blocks.get(block.id);
    const { blocks, lead } = this.taken;
    if (blocks.some((block) => !now(block) || moved(block, now(block)) || now(block).across !== block.across)) {
      this.cancel();
      this.tell({ say: "Somebody changed this while you were moving it. Nothing of yours was saved; look where it stands now." });
      return;
    }
    Object.assign(this.taken, { lead: now(lead), blocks: blocks.map(now), moving: this.taken.moving?.map(now), others: this.taken.others?.map(now).filter(Boolean) });
  }

  forget(news) {
    news.clear();
    this.draw();
  }

  arrange(options = {}) {
    Object.assign(this.options, options);
    const [from, to] = this.chart.window;
    this.chart.setRows(rowsOf(this.plan, { ...this.options, from, to }));
    this.draw();
  }

  draw() {
    const { held } = this.marks;
    const guests = new Map();
    for (const [, { row, shift, block }] of held) {
      if (!guests.has(row)) guests.set(row, []);
      guests.get(row).push({ ...block, row, from: block.from + shift, to: block.to + shift, until: block.until + shift });
    }
    this.chart.draw((row) => [...this.plan.of(row).filter((block) => !held.has(block.id)), ...(guests.get(row) ?? [])], this.holidays);
  }

  // Choosing.

  block(id) {
    return this.plan.blocks.get(id);
  }

  choose(ids, { add = false } = {}) {
    const { chosen } = this.marks;
    if (!add) chosen.clear();
    ids.forEach((id) => (add && chosen.has(id) ? chosen.delete(id) : chosen.add(id)));
    this.draw();
    this.tellChosen();
  }

  tellChosen() {
    const blocks = [...this.marks.chosen].map((id) => this.block(id)).filter(Boolean);
    const active = this.block(this.marks.active);
    this.tell({ chosen: blocks, active: active ? `tl-${active.id}` : "" });
  }

  activate(id) {
    this.marks.active = id;
    const block = this.block(id);
    if (block) this.chart.reveal(block.row, block.from, block.until);
    this.draw();
    this.tellChosen();
  }

  // Taking along. ``taken`` is what is in the hand: which blocks, how far, and to which row (none: each stays in its own).

  movableFrom(id) {
    const { chosen } = this.marks;
    const ids = chosen.has(id) ? [...chosen] : [id];
    return ids.map((one) => this.block(one)).filter((block) => block && (block.along || block.across));
  }

  pick(id) {
    const blocks = this.movableFrom(id);
    const lead = this.block(id);
    if (!blocks.length || !blocks.includes(lead) || this.marks.held.has(id)) return false;
    this.taken = { lead, blocks, shift: 0, row: null, hints: [], words: "" };
    return true;
  }

  // By minutes, and to a row of the same kind of people.
  carry(shift, row) {
    const { lead, blocks } = this.taken;
    const target = row && row.id !== lead.row && row.kind === "person" ? row : null;
    const wrong = target && target.role !== lead.role ? `${target.label} is a ${target.role}` : "";
    const along = blocks.filter((block) => block.along);
    this.taken.shift = along.length ? shift : 0;
    this.taken.row = target && !wrong ? target : null;
    this.taken.moving = blocks.filter((block) => (this.taken.row ? block.across && block.role === lead.role : block.along));
    // The others of a group come along, each in their own row.
    const own = new Set(this.taken.moving);
    const groups = new Set(this.taken.moving.filter((block) => block.kind === "seat").map((block) => block.visit_id));
    this.taken.others = this.taken.shift ? [...this.plan.blocks.values()].filter((block) => block.along && groups.has(block.visit_id) && !own.has(block)) : [];
    this.taken.hints = wrong
      ? [wrong]
      : [...new Set([...hintOf(this.plan, this.taken.moving, this.taken.row?.id ?? null, this.taken.shift), ...hintOf(this.plan, this.taken.others, null, this.taken.shift)])];
    const stays = !this.taken.row && !this.taken.shift;
    if (stays) this.taken.hints = wrong ? [wrong] : [];
    const who = this.taken.row?.label ?? this.nameOf(lead.row);
    this.taken.words = `${clock(lead.from + (lead.along ? this.taken.shift : 0))} to ${clock(lead.to + (lead.along ? this.taken.shift : 0))}${who ? `, ${who}` : ""}${blocks.length > 1 ? `, ${this.taken.moving.length} jobs` : ""}`;
    this.drawGhosts();
    this.tell({ hint: { words: this.taken.words, problems: this.taken.hints, stays } });
  }

  nameOf(row) {
    return this.chart.rows.find((one) => one.id === row && one.kind === "person")?.label ?? "";
  }

  drawGhosts() {
    if (!this.taken?.moving) {
      this.chart.ghosts([]);
      return;
    }
    const { lead, moving, others, row, shift, hints } = this.taken;
    const ghost = (block, at) => ({ block, row: at, shift: block.along ? shift : 0, bad: hints.length > 0, words: block === lead ? clock(block.from + (block.along ? shift : 0)) : "" });
    this.chart.ghosts([...moving.map((block) => ghost(block, row?.id ?? block.row)), ...others.map((block) => ghost(block, block.row))]);
  }

  cancel() {
    this.taken = null;
    this.chart.ghosts([]);
    this.tell({ hint: null });
  }

  // Let go: the blocks stand where they were put until the server has spoken.
  drop() {
    const { moving = [], others = [], row, shift } = this.taken;
    this.cancel();
    if (!moving.length || (!row && !shift)) return;
    const drop = dropOf(this.plan, moving, { shift, person: row?.person_id ?? 0 });
    if (!drop.visits.length && !drop.legs.length) return;
    const key = newKey();
    const hold = (block, at) => this.marks.held.set(block.id, { key, block, row: at, shift: block.along ? shift : 0, answered: false });
    moving.forEach((block) => hold(block, row?.id ?? block.row));
    others.forEach((block) => hold(block, block.row));
    this.draw();
    setTimeout(() => this.settle(key, []), PATIENCE_MS);
    this.onDrop({ key, ...drop });
  }

  // The server has spoken about a drop: what was refused goes back at once, the rest when it came anew.
  settle(key, refused) {
    let drawn = false;
    for (const [id, held] of this.marks.held) {
      if (held.key !== key) continue;
      held.answered = true;
      if (refused.includes(id) || this.block(id)?.of !== held.block.of) drawn = this.letGo(id) || drawn;
      else setTimeout(() => this.marks.held.get(id) === held && this.letGo(id) && this.draw(), SETTLE_MS);
    }
    if (drawn) this.draw();
  }

  letGo(id) {
    return this.marks.held.delete(id);
  }

  get step() {
    const [from, to] = this.chart.window;
    return to - from <= 4 * HOUR ? 5 * MINUTE : 15 * MINUTE;
  }

  // Near the upper and lower edge the rows come along, near the sides the time.
  creep(event) {
    const box = this.nodes.scroll.getBoundingClientRect();
    const { top, left } = this.chart.frame;
    if (event.clientY < box.top + top + 20) this.nodes.scroll.scrollTop -= 12;
    if (event.clientY > box.bottom - 20) this.nodes.scroll.scrollTop += 12;
    const [from, to] = this.chart.window;
    const by = (to - from) / 60;
    if (event.clientX > box.right - 24) this.chart.show(from + by, to + by);
    if (event.clientX < box.left + left + 16 && event.clientX > box.left) this.chart.show(from - by, to - by);
  }

  // Keys. Arrows go from block to block; with Alt they take the chosen ones along or to the next row, Enter lets go there.

  key(event) {
    if (event.target.closest?.("input, select, button, textarea")) return false;
    const { active } = this.marks;
    if (event.altKey && event.key.startsWith("Arrow")) return this.carryByKey(event.key);
    if (event.key === "Escape") {
      if (this.taken) this.cancel();
      else if (this.marks.chosen.size) this.choose([]);
      else return false;
      return true;
    }
    if (event.key === "Enter") {
      if (this.taken) this.drop();
      else if (this.block(active)) this.onOpen(this.block(active).visit_id);
      else return false;
      return true;
    }
    if (event.key === " " && this.block(active)) {
      this.choose([active], { add: true });
      return true;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || this.taken) return false;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") return this.along(event.key === "ArrowRight" ? 1 : -1);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return this.across(event.key === "ArrowDown" ? 1 : -1);
    return false;
  }

  carryByKey(key) {
    const id = this.block(this.marks.active) ? this.marks.active : [...this.marks.chosen][0];
    if (!this.taken && (!id || !this.pick(id))) return false;
    let { shift, row } = this.taken;
    if (key === "ArrowRight") shift += this.step;
    if (key === "ArrowLeft") shift -= this.step;
    if (key === "ArrowUp" || key === "ArrowDown") row = this.nextRow(row?.id ?? this.taken.lead.row, key === "ArrowDown" ? 1 : -1);
    this.carry(shift, row);
    this.chart.reveal(row?.id ?? this.taken.lead.row, this.taken.lead.from + shift, this.taken.lead.until + shift);
    this.draw();
    this.tell({ at: null });
    return true;
  }

  nextRow(from, by) {
    const { rows } = this.chart;
    for (let at = this.chart.indexOf(from) + by; rows[at]; at += by) if (rows[at].kind === "person" && rows[at].role === this.taken.lead.role) return rows[at];
    return this.taken.row;
  }

  along(by) {
    const block = this.block(this.marks.active);
    if (!block) return this.start();
    const others = this.plan.jobs(block.row).sort((a, b) => a.from - b.from);
    const next = others[others.indexOf(block) + by];
    if (next) this.activate(next.id);
    return true;
  }

  across(by) {
    const block = this.block(this.marks.active);
    if (!block) return this.start();
    const { rows } = this.chart;
    for (let at = this.chart.indexOf(block.row) + by; rows[at]; at += by) {
      const jobs = this.plan.jobs(rows[at].id);
      if (!jobs.length) continue;
      const near = (one) => Math.abs(one.from - block.from);
      this.activate(jobs.reduce((best, one) => (near(one) < near(best) ? one : best)).id);
      break;
    }
    return true;
  }

  start() {
    const [from, to] = this.chart.window;
    for (const row of this.chart.visible) {
      const found = this.plan.jobs(row.id).find((block) => block.until > from && block.from < to);
      if (!found) continue;
      this.activate(found.id);
      return true;
    }
    return false;
  }
}

// What waits for somebody has no place of its own to be moved from.
const place = (block) => (block.person_id && !block.row.startsWith("wait") ? block.row : "");
const moved = (before, after) => place(before) !== place(after) || before.from !== after.from || before.to !== after.to;

// The window of an evening: its open hours with an hour around them.
export const eveningWindow = ({ opens, closes, day_starts: turns }, evening) => {
  const begins = ms(`${evening}T${opens}`);
  const ends = ms(`${evening}T${closes}`);
  return [begins - HOUR, (closes <= turns || ends <= begins ? ends + 24 * HOUR : ends) + HOUR];
};
