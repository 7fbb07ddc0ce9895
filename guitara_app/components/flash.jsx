// A card that arrives, moves or changes lights up once. What was there when the page opened stays calm.
import { createElement, useEffect, useRef } from "react";
import { useLate } from "./late.jsx";

const CALM_MS = 2500;
let opened = 0;
let mounted = 0;

// The first card of all begins a page: those of the page before are gone by then, in the same tab as well.
const arrive = () => {
  if (mounted === 0) opened = Date.now();
  mounted += 1;
  return () => {
    mounted -= 1;
  };
};

export function Flash({ of, begins = 0, children, ...props }) {
  const shown = useLate(begins);
  const node = useRef(null);
  const last = useRef();
  useEffect(arrive, []);
  useEffect(() => {
    const changed = last.current !== of;
    last.current = of;
    if (!changed || Date.now() - opened <= CALM_MS || !node.current) return undefined;
    const element = node.current;
    element.classList.remove("flash");
    void element.offsetWidth;
    element.classList.add("flash");
    const end = () => element.classList.remove("flash");
    element.addEventListener("animationend", end, { once: true });
    return () => element.removeEventListener("animationend", end);
  }, [of]);
  return createElement("div", { ...props, ref: node, "data-late": shown ? undefined : true }, shown ? children : null);
}
