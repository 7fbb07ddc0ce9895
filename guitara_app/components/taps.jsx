// Taps wait here, in the browser's own storage, until the server has answered them: one after the other, in their order, each with a key of
// its own, so that a reload, a killed tab or a server that dies in the middle loses none and counts none twice. Nothing of a client is kept.
import { createElement as h, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { newKey } from "./act_dialog.jsx";
import { useConnection } from "./connection.jsx";

const PLACE = "guitara:taps:";
const SILENT_MS = 10000;
const BUSY_MS = 3000;
const MOST_TRIES = 8;
const OLDEST_MS = 24 * 3600 * 1000;
const NOTHING = { taps: [], refused: [] };

const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener());
let owner = 0;
let known = NOTHING;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(PLACE + owner)) ?? NOTHING;
  } catch {
    return NOTHING;
  }
};

const change = (how) => {
  // Another tab of the same person may have added or sent some meanwhile.
  const stored = read();
  known = how(stored === NOTHING ? known : stored);
  try {
    localStorage.setItem(PLACE + owner, JSON.stringify(known));
  } catch {
    // Storage is full or forbidden: they wait in memory, and do not survive a reload.
  }
  tell();
};

export const belongTo = (person) => {
  if (!person || person === owner) return;
  owner = person;
  known = read();
  tell();
};

export const keepTap = (tap) => change((all) => ({ ...all, taps: [...all.taps.filter((one) => one.key !== tap.key), { at: Date.now(), ...tap }] }));

const answeredTap = (key, words) =>
  change((all) => {
    const tap = all.taps.find((one) => one.key === key);
    const taps = all.taps.filter((one) => one.key !== key);
    return { taps, refused: tap && words ? [...all.refused, { key, label: tap.label, at: tap.at, words }].slice(-10) : all.refused };
  });

const dismiss = (key) => change((all) => ({ ...all, refused: all.refused.filter((one) => one.key !== key) }));

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useTaps = () => useSyncExternalStore(subscribe, () => known, () => NOTHING);

if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key !== PLACE + owner) return;
    known = read();
    tell();
  });
}

export const clockOf = (at, zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone || undefined, hour: "2-digit", minute: "2-digit" }).format(at);

export function TapQueue({ person = 0, hydrated, told = {}, zone, onDo }) {
  const live = useConnection() === "live" && hydrated && person > 0;
  const { taps, refused } = useTaps();
  const [again, setAgain] = useState(0);
  const sending = useRef({ key: "", tries: 0, at: 0 });
  // The longest an answer took of late: taps that are told together keep their order, however long each was on the way.
  const slowest = useRef(0);
  const timer = useRef();
  const head = live ? taps[0] : undefined;
  const repeat = (wait) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAgain((number) => number + 1), wait);
  };

  useEffect(() => belongTo(person), [person]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!head) {
      clearTimeout(timer.current);
      sending.current.at = 0;
      return;
    }
    const same = sending.current.key === head.key;
    const tries = same ? sending.current.tries + 1 : 1;
    if (tries > MOST_TRIES) {
      answeredTap(head.key, "The server did not answer it. Look whether it is done, and tap again if it is not.");
      return;
    }
    sending.current = { key: head.key, tries, at: Date.now() };
    const late = Math.max(0, Date.now() - head.at - slowest.current);
    onDo?.(head.action, head.target_id, head.key, head.values ?? {}, Math.min(late, 2 * OLDEST_MS));
    repeat(SILENT_MS);
  }, [head?.key, again]);
  useEffect(() => {
    if (!told.key) return;
    if (told.again) {
      sending.current.tries = 0;
      return repeat(BUSY_MS);
    }
    if (sending.current.key === told.key && sending.current.at) slowest.current = Math.max(slowest.current, Date.now() - sending.current.at);
    answeredTap(told.key, told.words);
  }, [told.number, told.key]);

  const waiting = live ? taps.filter((tap) => Date.now() - tap.at > SILENT_MS) : taps;
  if (waiting.length === 0 && refused.length === 0) return null;
  return h(
    "section",
    { className: "taps", "aria-label": "Taps" },
    refused.map((one) =>
      h(
        "div",
        { key: one.key, className: "tap-refused", role: "alert" },
        h("p", null, h("b", null, `${one.label}, tapped ${clockOf(one.at, zone)}, was not taken. `), one.words),
        h("button", { type: "button", className: "button button-small", onClick: () => dismiss(one.key) }, "I have read it"),
      ),
    ),
    waiting.map((tap) =>
      h("p", { key: tap.key, className: "tap-waiting", role: "status", "data-waiting": tap.action }, h("b", null, tap.label), `, tapped ${clockOf(tap.at, zone)}: waiting to be sent`),
    ),
  );
}

// Whether this act of this job is on its way; offline the first one that is not waits to be tapped.
export const isWaiting = (taps, act) => taps.some((tap) => tap.action === act.action && tap.target_id === act.target_id && JSON.stringify(tap.values ?? {}) === JSON.stringify(act.values ?? {}));

export const tapOf = (act, about) => ({ key: newKey(), action: act.action, target_id: act.target_id, values: act.values ?? {}, label: about ? `${act.label} (${about})` : act.label });

export const forgetTaps = () => {
  known = NOTHING;
  try {
    Object.keys(localStorage)
      .filter((name) => name.startsWith(PLACE))
      .forEach((name) => localStorage.removeItem(name));
  } catch {
    // Nothing can have been kept there.
  }
  tell();
};
