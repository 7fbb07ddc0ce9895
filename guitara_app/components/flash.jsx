// A card that arrives, moves or changes lights up once. What was there when the page opened stays calm.
import { createElement, useEffect, useRef } from "react";

const CALM_MS = 2500;
let opened = 0;
let place = "";

const settled = () => {
  // Another page in the same tab begins calmly as well.
  if (place !== window.location.pathname) {
    place = window.location.pathname;
    opened = Date.now();
  }
  return Date.now() - opened > CALM_MS;
};

export function Flash({ of, children, ...props }) {
  const node = useRef(null);
  const last = useRef();
  useEffect(() => {
    const changed = last.current !== of;
    last.current = of;
    if (!changed || !settled() || !node.current) return undefined;
    const element = node.current;
    element.classList.remove("flash");
    void element.offsetWidth;
    element.classList.add("flash");
    const end = () => element.classList.remove("flash");
    element.addEventListener("animationend", end, { once: true });
    return () => element.removeEventListener("animationend", end);
  }, [of]);
  return createElement("div", { ...props, ref: node }, children);
}
