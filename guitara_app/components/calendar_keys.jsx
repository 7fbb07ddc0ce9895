// What goes on around the calendar's library: the keyboard, the hours it labels, and the news that others make.
import { useEffect, useRef } from "react";
import { labelOf, seen, sinceMidnight } from "./calendar_events.jsx";
import { clockIn, dayWords } from "./plan_time.jsx";

const STOPS = ".cal .ec-event[role=button], .cal-list [data-visit]";
const busy = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector("dialog[open]");

// The hours beside a grid, and one stop for the Tab key among the blocks. The library writes its own, in the browser's time.
export function useLabels(box, made, dayStarts) {
  useEffect(() => {
    const node = box.current;
    if (!node || !made) return undefined;
    const tend = () => {
      for (const time of node.querySelectorAll(".ec-sidebar time")) {
        const words = labelOf(sinceMidnight(time.dateTime), dayStarts);
        if (time.textContent !== words) time.textContent = words;
      }
      const blocks = [...node.querySelectorAll('.ec-event[role="button"]')];
      const stop = blocks.includes(document.activeElement) ? document.activeElement : (blocks.find((one) => one.tabIndex === 0 && one.dataset.stop) ?? blocks[0]);
      for (const one of blocks) {
        const index = one === stop ? 0 : -1;
        if (one.tabIndex !== index) one.tabIndex = index;
        if (one === stop) one.dataset.stop = "true";
        else if (one.dataset.stop) delete one.dataset.stop;
      }
    };
    tend();
    const watcher = new MutationObserver(tend);
    watcher.observe(node, { subtree: true, childList: true });
    node.addEventListener("focusin", tend);
    return () => {
      watcher.disconnect();
      node.removeEventListener("focusin", tend);
    };
  }, [made, dayStarts]);
}

// The nearest block in a direction: what is straight ahead counts more than what is aside.
const nearest = (from, all, key) => {
  const centre = (one) => {
    const { left, top, width } = one.getBoundingClientRect();
    return [left + width / 2, top];
  };
  const [x, y] = centre(from);
  const upright = key === "ArrowUp" || key === "ArrowDown";
  const sign = key === "ArrowDown" || key === "ArrowRight" ? 1 : -1;
  let best = null;
  let least = Infinity;
  for (const one of all) {
    if (one === from) continue;
    const [there, down] = centre(one);
    const ahead = sign * (upright ? down - y : there - x);
    const aside = Math.abs(upright ? there - x : down - y);
    if (ahead < 1 && !(upright && ahead > -1 && sign * (there - x) > 0)) continue;
    const cost = Math.max(0, ahead) + 3 * aside;
    if (cost < least) [best, least] = [one, cost];
  }
  return best;
};

export function useKeys(box, now) {
  const current = useRef(now);
  current.current = now;
  useEffect(() => {
    const calendar = box.current;
    const keydown = (event) => {
      const { around, go, propose, step, today, undo, onUndo } = current.current;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && undo?.visit_id && !busy(event.target)) {
        event.preventDefault();
        onUndo?.();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || busy(event.target)) return;
      const block = event.target.closest?.(STOPS);
      const plain = { t: () => today && go({ on: today }), "[": () => step(-1), "]": () => step(1) };
      if (plain[event.key.toLowerCase()]) {
        event.preventDefault();
        plain[event.key.toLowerCase()]();
      } else if (block && event.key.startsWith("Arrow")) {
        event.preventDefault();
        const next = nearest(block, document.querySelectorAll(STOPS), event.key);
        next?.focus();
        next?.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else if (block && event.key.toLowerCase() === "m") {
        const visit = around.find((one) => String(one.id) === (block.dataset.visit ?? block.querySelector("[data-visit]")?.dataset.visit));
        if (!visit) return;
        event.preventDefault();
        propose(seen(visit));
      }
    };
    // A block that changes is drawn anew, and would lose the focus on its way.
    let last = "";
    const at = (target) => target.closest?.(STOPS);
    const name = (block) => block?.dataset.visit ?? block?.querySelector("[data-visit]")?.dataset.visit ?? "";
    const came = (event) => {
      if (at(event.target)) last = name(at(event.target));
    };
    const went = (event) => {
      const left = at(event.target);
      if (!left) return;
      // Taken away or left? The browser says the same of both, and only a moment later it shows.
      const known = name(left);
      setTimeout(() => {
        if (left.isConnected && last === known && !document.querySelector("dialog[open]")) last = "";
      });
    };
    const again = () => {
      if (!last || document.activeElement !== document.body || document.querySelector("dialog[open]")) return;
      [...document.querySelectorAll(STOPS)].find((block) => name(block) === last)?.focus({ preventScroll: true });
    };
    const watcher = new MutationObserver(again);
    watcher.observe(calendar, { subtree: true, childList: true });
    const closed = () => setTimeout(again);
    const heard = [["keydown", keydown], ["focusin", came], ["focusout", went]];
    heard.forEach(([kind, hear]) => window.addEventListener(kind, hear));
    document.addEventListener("close", closed, true);
    return () => {
      watcher.disconnect();
      heard.forEach(([kind, hear]) => window.removeEventListener(kind, hear));
      document.removeEventListener("close", closed, true);
    };
  }, []);
}

// What somebody else moves while one looks lights up once, and is said.
export function useNews(box, { around, topic, setSaid }) {
  const before = useRef({ topic: "", places: new Map() });
  useEffect(() => {
    const places = new Map(around.map((visit) => [visit.id, `${visit.starts} ${visit.ends} ${visit.seats.map((seat) => seat.person_id)}`]));
    const known = before.current;
    before.current = { topic, places };
    if (!topic || known.topic !== topic || !known.places.size) return;
    const moved = around.filter((visit) => known.places.has(visit.id) && known.places.get(visit.id) !== places.get(visit.id));
    const added = around.filter((visit) => !known.places.has(visit.id));
    if (!moved.length && !added.length) return;
    if (moved.length) {
      const [visit] = moved;
      const day = visit.evening;
      setSaid(moved.length > 1 ? `${moved.length} visits were moved.` : `${visit.client}, #${visit.id}, is now ${dayWords(day)} ${clockIn(visit.starts, day)} to ${clockIn(visit.ends, day)}.`);
    } else setSaid(added.length > 1 ? `${added.length} visits are new here.` : `${added[0].client}, #${added[0].id}, is new: ${dayWords(added[0].evening)} ${clockIn(added[0].starts, added[0].evening)}.`);
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    requestAnimationFrame(() => {
      for (const visit of [...moved, ...added].slice(0, 20)) {
        box.current
          ?.querySelector(`[data-visit="${visit.id}"]:not([data-proposed])`)
          ?.animate([{ outline: "3px solid var(--accent)", outlineOffset: "1px" }, { outline: "3px solid transparent", outlineOffset: "1px" }], { duration: 1600 });
      }
    });
  }, [around, topic]);
}
