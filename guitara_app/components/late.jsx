// What lies below the first screen of a long page: it is filled in when the browser has shown the rest.
import { useEffect, useState } from "react";

const AT_ONCE = 40;
const waiting = new Set();
let asked = false;

const fillIn = () => {
  asked = false;
  [...waiting].slice(0, AT_ONCE).forEach((show) => {
    waiting.delete(show);
    show(true);
  });
  ask();
};

const ask = () => {
  if (asked || waiting.size === 0) return;
  asked = true;
  if (window.requestIdleCallback) window.requestIdleCallback(fillIn, { timeout: 500 });
  else setTimeout(fillIn, 60);
};

// ``begins``: how far below the window's top it is at the least, in pixels. Once filled in, it stays so.
export const useLate = (begins) => {
  const [shown, show] = useState(() => typeof window === "undefined" || begins < window.innerHeight);
  useEffect(() => {
    if (shown) return undefined;
    waiting.add(show);
    ask();
    return () => waiting.delete(show);
  }, [shown]);
  return shown;
};

export const Late = ({ begins, children }) => (useLate(begins) ? children : null);
