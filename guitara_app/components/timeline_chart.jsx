// The chart itself: vis-timeline with the rows that are in view, and nothing else. It draws and measures; what is shown and moved is decided elsewhere.
// vis lays out every row it knows for each change, so it is given a screen of them, and a change of any other row costs it nothing.
import { HOUR, MINUTE, STATES, clock, dayWords } from "./timeline_plan.jsx";

export const loadChart = async () => {
  const [{ Timeline }, { DataSet }, { default: moment }] = await Promise.all([import("vis-timeline/esnext"), import("vis-data/esnext"), import("moment")]);
  return { Timeline, DataSet, moment };
};

const element = (name, className, text) => {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const face = (block, marks) => {
  const made = element("div", "tl-block");
  const [text, title] = block.words();
  made.id = `tl-${block.id}`;
  made.title = title;
  made.setAttribute("role", "option");
  made.setAttribute("aria-label", title);
  made.setAttribute("aria-selected", String(marks.chosen.has(block.id)));
  Object.assign(made.dataset, { block: block.id, state: block.state, kind: block.kind, visit: block.visit_id, row: block.row, movable: String(block.along || block.across) });
  if (marks.active === block.id) made.dataset.active = "true";
  if (marks.held.has(block.id)) made.dataset.held = "true";
  if (marks.news.has(block.id)) made.dataset.news = "true";
  const work = element("div", "tl-work");
  if (block.until > block.to) work.style.width = `${(100 * (block.to - block.from)) / (block.until - block.from)}%`;
  const [sign, word] = STATES[block.state] ?? ["", block.state];
  const signs = element("span", "tl-sign", sign);
  signs.setAttribute("aria-hidden", "true");
  work.append(signs, element("b", "num", clock(block.from)), element("span", "tl-text", text), element("span", "tl-word", word));
  made.append(work);
  return made;
};

const label = (row) => {
  const made = element("div", `tl-label tl-${row.kind}`);
  made.dataset.label = row.label;
  made.append(element("span", "tl-name", row.label));
  if (row.detail) made.append(element("span", "tl-detail", row.detail));
  made.title = [row.label, row.detail].filter(Boolean).join(", ");
  return made;
};

const same = (a, b) => a.group === b.group && +a.start === +b.start && +a.end === +b.end && a.of === b.of && a.over === b.over && a.mark === b.mark;
const sameRow = (a, b) => a.order === b.order && a.of.label === b.of.label && a.of.detail === b.of.detail;

export class Chart {
  constructor({ Timeline, DataSet, moment }, { scroll, space, stick, from, to, now, marks, onMoved, onRows }) {
    Object.assign(this, { scroll, space, stick, marks });
    this.rows = [];
    this.shown = new Map();
    this.labels = new Map();
    this.held = [0, 0];
    this.groups = new DataSet();
    this.items = new DataSet();
    // vis takes the position of what it is put into for its own.
    const node = element("div", "tl-vis");
    stick.append(node);
    this.timeline = new Timeline(node, this.items, this.groups, {
      start: new Date(from),
      end: new Date(to),
      height: "100%",
      orientation: { axis: "top", item: "top" },
      margin: { axis: 4, item: { horizontal: 0, vertical: 8 } },
      stack: false,
      groupOrder: "order",
      selectable: false,
      showTooltips: false,
      zoomKey: "ctrlKey",
      zoomMin: HOUR,
      zoomMax: 7.2 * 24 * HOUR,
      locale: "en",
      format: { minorLabels: { hour: "HH:mm", weekday: "ddd D", day: "ddd D" }, majorLabels: { minute: "ddd D MMM", hour: "ddd D MMM", weekday: "MMMM YYYY", day: "MMMM YYYY" } },
      moment: (at) => moment.utc(at),
      template: (item) => (item.block ? face(item.block, marks) : ""),
      groupTemplate: (row) => (row?.of ? label(row.of) : ""),
    });
    this.setNow(now);
    this.over = element("div", "tl-over");
    stick.append(this.over);
    this.timeline.on("rangechange", () => onMoved(false));
    this.timeline.on("rangechanged", () => onMoved(true));
    // What is drawn, for whoever waits for it: a test, or a measurement.
    this.timeline.on("changed", () => {
      const [begins, ends] = this.window;
      scroll.dataset.drawn = `${Math.round((ends - begins) / MINUTE)}`;
    });
    this.onScroll = () => this.slide() && onRows();
    scroll.addEventListener("scroll", this.onScroll, { passive: true });
    this.sizes = new ResizeObserver(() => {
      this.measure();
      this.stretch();
      this.slide(true);
      onRows();
    });
    this.sizes.observe(scroll);
    this.measure();
  }

  destroy() {
    this.sizes.disconnect();
    this.scroll.removeEventListener("scroll", this.onScroll);
    this.timeline.destroy();
    this.stick.replaceChildren();
  }

  setNow(at) {
    this.timeline.setCurrentTime(new Date(at));
  }

  get window() {
    const { start, end } = this.timeline.getWindow();
    return [+start, +end];
  }

  show(from, to) {
    this.timeline.setWindow(new Date(from), new Date(to), { animation: false });
  }

  // The height of a row and of the axis, and how many rows fit between it and the lower edge.
  measure() {
    this.stick.style.setProperty("--tl-height", `${this.scroll.clientHeight}px`);
    const style = getComputedStyle(this.stick);
    this.rowHeight = Number.parseFloat(style.getPropertyValue("--tl-row")) || 34;
    this.axis = this.stick.querySelector(".vis-panel.vis-top")?.offsetHeight || 44;
    this.fit = Math.max(1, Math.floor((this.scroll.clientHeight - this.axis - 2) / this.rowHeight));
  }

  setRows(rows) {
    this.rows = rows;
    this.stretch();
    this.slide(true);
  }

  // As high that scrolling to its end shows the last row, and no row is cut.
  stretch() {
    const more = Math.max(0, this.rows.length - this.fit);
    this.space.style.height = `${this.scroll.clientHeight + more * this.rowHeight}px`;
  }

  // Let vis know the rows that are in view now. Returns whether they are others than before.
  slide(anew = false) {
    const first = Math.min(Math.round(this.scroll.scrollTop / this.rowHeight), Math.max(0, this.rows.length - this.fit));
    if (!anew && first === this.held[0]) return false;
    this.held = [first, first + this.fit];
    return true;
  }

  get visible() {
    return this.rows.slice(...this.held);
  }

  // Bring what vis holds to ``blocks`` (by row) by the least that differs.
  draw(blocksOf, holidays) {
    const rows = this.visible;
    const wanted = new Map(
      holidays.map(({ id, from, until, of }) => [id, { id, start: new Date(from), end: new Date(until), type: "background", className: "tl-holiday", content: "", block: null, of }]),
    );
    for (const row of rows) {
      let free = -Infinity;
      for (const block of blocksOf(row.id).sort((a, b) => a.from - b.from)) {
        const span = !block.words;
        const over = !span && block.from < free;
        if (!span) free = Math.max(free, block.until);
        wanted.set(block.id, {
          id: block.id,
          group: row.id,
          start: new Date(block.from),
          end: new Date(block.until),
          type: span ? "background" : "range",
          className: span ? `tl-${block.kind}` : over ? "tl-over-another" : "",
          content: "",
          block: span ? null : block,
          of: block.of,
          over,
          mark: span ? "" : this.markOf(block.id),
        });
      }
    }
    const labels = new Map(rows.map((row, order) => [row.id, { id: row.id, order: this.held[0] + order, of: row, content: "", className: `tl-row-${row.kind}` }]));
    // What leaves goes first, or vis would look for a place for it.
    this.remove(this.items, this.shown, wanted);
    this.remove(this.groups, this.labels, labels);
    this.put(this.groups, this.labels, labels, sameRow);
    this.put(this.items, this.shown, wanted, same);
  }

  markOf(id) {
    const { chosen, active, held, news } = this.marks;
    return `${chosen.has(id)}${active === id}${held.has(id)}${news.has(id)}`;
  }

  remove(set, shown, wanted) {
    const gone = [...shown.keys()].filter((id) => !wanted.has(id));
    gone.forEach((id) => shown.delete(id));
    if (gone.length) set.remove(gone);
  }

  put(set, shown, wanted, equal) {
    const changed = [];
    for (const [id, item] of wanted) {
      const before = shown.get(id);
      if (before && equal(before, item)) continue;
      shown.set(id, item);
      changed.push(item);
    }
    if (changed.length) set.update(changed);
  }

  // Measures of the chart, in pixels from the upper left corner of ``stick``.
  get frame() {
    const center = this.stick.querySelector(".vis-panel.vis-center");
    return { left: center.offsetLeft, width: center.clientWidth, top: this.axis + 1 };
  }

  timeAt(x) {
    const [from, to] = this.window;
    const { left, width } = this.frame;
    return from + ((x - this.stick.getBoundingClientRect().left - left) / width) * (to - from);
  }

  rowAt(y) {
    const index = this.held[0] + Math.floor((y - this.stick.getBoundingClientRect().top - this.frame.top) / this.rowHeight);
    return this.rows[Math.max(0, Math.min(this.rows.length - 1, index))];
  }

  indexOf(row) {
    return this.rows.findIndex((one) => one.id === row);
  }

  // Scroll until the row and the time are in view; returns whether anything moved.
  reveal(row, from, to) {
    const index = this.indexOf(row);
    if (index >= 0 && index < this.held[0]) this.scroll.scrollTop = index * this.rowHeight;
    if (index >= this.held[1]) this.scroll.scrollTop = (index - this.fit + 1) * this.rowHeight;
    const [begins, ends] = this.window;
    if (from < begins || to > ends) {
      const middle = (from + to) / 2;
      this.show(middle - (ends - begins) / 2, middle + (ends - begins) / 2);
    }
  }

  // Where blocks would come to stand, drawn over the chart.
  ghosts(list) {
    const [from, to] = this.window;
    const { left, width, top } = this.frame;
    const x = (at) => left + ((at - from) / (to - from)) * width;
    this.over.style.setProperty("--tl-left", `${left}px`);
    this.over.replaceChildren(
      ...list.flatMap(({ block, row, shift, bad, words }) => {
        const index = this.indexOf(row) - this.held[0];
        const begins = Math.max(left, x(block.from + shift));
        const ends = Math.min(left + width, x(block.until + shift));
        if (index < 0 || index >= this.fit || ends <= begins) return [];
        const made = element("div", "tl-ghost", words);
        made.dataset.bad = String(bad);
        made.dataset.state = block.state;
        Object.assign(made.style, { left: `${begins}px`, width: `${ends - begins}px`, top: `${top + index * this.rowHeight + 4}px` });
        return [made];
      }),
    );
  }
}

// Past midnight it is still the evening before.
export const windowWords = (from, to, evening) => (to - from > 26 * HOUR ? `${dayWords(from)} to ${dayWords(to)}` : dayWords(evening));
