// Asks the server again whenever what it depends on has changed: soon, and not more often than ``every`` so many milliseconds.
import { useEffect, useRef } from "react";

const AFTER_MS = 150;

export function Follow({ of, every = 0, onChange }) {
  const last = useRef(of);
  const tell = useRef(onChange);
  const timer = useRef(0);
  const told = useRef(0);
  tell.current = onChange;
  useEffect(() => {
    if (last.current === of) return;
    last.current = of;
    // What is asked for already will tell of this change too.
    if (timer.current) return;
    timer.current = setTimeout(() => {
      [timer.current, told.current] = [0, Date.now()];
      tell.current?.();
    }, Math.max(AFTER_MS, told.current + every - Date.now()));
  }, [of]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return null;
}
