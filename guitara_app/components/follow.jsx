// Asks the server again whenever what it depends on has changed.
import { useEffect, useRef } from "react";

const AFTER_MS = 150;

export function Follow({ of, onChange }) {
  const last = useRef(of);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    if (last.current === of) return undefined;
    last.current = of;
    const timer = setTimeout(() => tell.current?.(), AFTER_MS);
    return () => clearTimeout(timer);
  }, [of]);
  return null;
}
