// The own evening as it was last told, kept in this browser for whoever is signed in: shown while there is no connection, also after a reload,
// never to anybody else, and gone with the sign-out.
import { createElement as h, useContext, useEffect, useRef, useState } from "react";
import { DispatchContext } from "$/utils/context-registry";
import { useConnection } from "./connection.jsx";
import { clockOf, forgetTaps, useTaps } from "./taps.jsx";

const PLACE = "guitara:night";
const MARK = "_rx_state_";
const OLDEST_MS = 24 * 3600 * 1000;
const PATIENCE_MS = 4000;
const STAMP_MS = 30000;

const read = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE));
    return kept && Date.now() - kept.at < OLDEST_MS ? kept : null;
  } catch {
    return null;
  }
};

// What is still told to a page that is being left is not kept any more.
let leaving = false;

const write = (kept) => {
  if (leaving) return;
  try {
    localStorage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // Storage is full or forbidden: without a connection a reload shows nothing.
  }
};

const forgetNight = () => {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    // Nothing can have been kept there.
  }
};

const marked = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name + MARK, value]));

if (typeof document !== "undefined")
  // Whoever signs out leaves nothing behind, also when the server cannot be told.
  document.addEventListener("submit", (event) => {
    if (!event.target.action?.endsWith("/auth/logout")) return;
    leaving = true;
    forgetNight();
    forgetTaps();
  });

// The pages themselves, without anybody's data, are kept by the service worker.
const keepPages = async () => {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register("/sw.js");
    const { active } = await navigator.serviceWorker.ready;
    const files = performance.getEntriesByType("resource").map((entry) => entry.name);
    active.postMessage({ keep: [...files, ...[...document.querySelectorAll("link[href]")].map((link) => link.href)] });
  } catch {
    // Forbidden here, or over plain http: the page still works while it is open.
  }
};

export function Kept({ night = {}, who = {}, nightState, whoState, hydrated }) {
  const dispatch = useContext(DispatchContext);
  const connection = useConnection();
  const { taps } = useTaps();
  const [since, setSince] = useState(0);
  const [slow, setSlow] = useState(false);
  const own = night.loaded && who.person_id > 0 && night.scope === `person:${who.person_id}`;
  const live = connection === "live" && hydrated && own;
  const latest = useRef(0);

  useEffect(() => {
    if (document.readyState === "complete") keepPages();
    else window.addEventListener("load", keepPages, { once: true });
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (!live) return;
    const keep = () => write({ person: who.person_id, at: (latest.current = Date.now()), night, who });
    keep();
    const timer = setInterval(keep, STAMP_MS);
    return () => clearInterval(timer);
  }, [live, night, who]);
  // Somebody else has signed in here since.
  useEffect(() => {
    if (hydrated && who.person_id > 0 && read() && read().person !== who.person_id) forgetNight();
  }, [hydrated, who.person_id]);

  const away = connection === "lost" || (!live && slow);
  useEffect(() => {
    if (!away) return;
    setSince(latest.current || read()?.at || 0);
    const kept = read();
    if (own || hydrated || !kept) return;
    dispatch[whoState]?.(marked(kept.who));
    dispatch[nightState]?.(marked(kept.night));
  }, [away]);
  if (!away) return null;
  const unsent = taps.length === 0 ? "" : taps.length === 1 ? " 1 tap is waiting to be sent; nothing is lost." : ` ${taps.length} taps are waiting to be sent; nothing is lost.`;
  const words = own && since ? `Offline, as of ${clockOf(since, who.zone)}.${unsent}` : `Offline, and nothing is kept on this phone yet. It goes on by itself when there is a signal.${unsent}`;
  return h("p", { className: "away", role: "alert" }, words);
}

// On the page where people sign in: nobody is signed in here, so nothing of anybody is shown any more.
export function Forget() {
  useEffect(forgetNight, []);
  return null;
}
