// Words that follow the clock: how long ago, how much is left, what time it is. One interval serves them all, and the server sends no ticks.
import { createElement, useEffect, useRef, useSyncExternalStore } from "react";

const EVERY_MS = 5000;
const listeners = new Set();
let now = 0;
let timer;

const tick = () => {
  now = Date.now();
  listeners.forEach((listener) => listener());
};

const subscribe = (listener) => {
  listeners.add(listener);
  if (listeners.size === 1) {
    now = Date.now();
    timer = setInterval(tick, EVERY_MS);
    document.addEventListener("visibilitychange", tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    }
  };
};

// 0 while the page is built on the server, where no clock is right.
const useNow = () => useSyncExternalStore(subscribe, () => now, () => 0);

const span = (milliseconds) => {
  const minutes = Math.floor(Math.abs(milliseconds) / 60000);
  if (minutes < 1) return "<1 min";
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(minutes / 1440)} days`;
};

const WORDS = {
  left: (until) => (until > 0 ? `${span(until)} left` : `${span(until)} over`),
  since: (until) => span(until),
  ago: (until) => `${span(until)} ago`,
  start: (until) => (until > 0 ? `in ${span(until)}` : `${span(until)} late`),
};

export function Ago({ iso, kind = "since", before = "", className = "" }) {
  const at = useNow();
  const moment = Date.parse(iso);
  if (!at || Number.isNaN(moment)) return null;
  const until = moment - at;
  const late = until <= 0 && (kind === "left" || kind === "start");
  return createElement(
    "time",
    { dateTime: iso, className: `num ${className} ${late ? "late" : ""}`.trim() },
    before,
    WORDS[kind](until),
  );
}

export function Clock({ zone, className }) {
  const at = useNow();
  if (!at) return null;
  const shown = new Intl.DateTimeFormat("en-GB", { timeZone: zone || undefined, hour: "2-digit", minute: "2-digit" });
  return createElement("time", { className }, shown.format(at));
}

const share = (at, starts, ends) => ((at - Date.parse(starts)) / (Date.parse(ends) - Date.parse(starts))) * 100;

export function NowLine({ starts, ends, className }) {
  const at = useNow();
  const line = useRef(null);
  const left = share(at, starts, ends);
  const shown = Boolean(at) && left >= 0 && left <= 100;
  // Where the lines are wider than the screen, it opens with now in the middle. In the frame, which measures everything once.
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const pane = line.current?.closest("[tabindex]");
      if (pane) pane.scrollLeft = line.current.parentElement.offsetLeft + line.current.offsetLeft - pane.clientWidth / 2;
    });
    return () => cancelAnimationFrame(frame);
  }, [shown]);
  return shown ? createElement("i", { ref: line, className, style: { left: `${left}%` }, "aria-hidden": true }) : null;
}

export function Meter({ starts, ends, className }) {
  const at = useNow();
  const done = share(at, starts, ends);
  if (!at || Number.isNaN(done)) return null;
  const width = `${Math.min(100, Math.max(0, done))}%`;
  return createElement("div", { className, "aria-hidden": true }, createElement("i", { style: { width } }));
}
