// A sheet beside the board. It stays open over a reload, and closing it takes nothing away.
import { createElement as h, useEffect, useRef, useSyncExternalStore } from "react";

const listeners = new Set();
const place = (name) => `guitara:open:${name}`;
const open = new Set();

const isOpen = (name) => open.has(name);
const turn = (name, on) => {
  // One sheet at a time; what the other holds stays in its draft.
  if (on) [...open].filter((other) => other !== name).forEach((other) => turn(other, false));
  if (on) open.add(name);
  else open.delete(name);
  try {
    sessionStorage.setItem(place(name), on ? "1" : "");
  } catch {
    // Without storage it opens closed after a reload.
  }
  listeners.forEach((listener) => listener());
};
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const useOpen = (name) => useSyncExternalStore(subscribe, () => isOpen(name), () => false);

export const closeDrawer = (name) => turn(name, false);
export const openDrawer = (name) => turn(name, true);

const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

export function Drawer({ name, hotkey, children, ...props }) {
  const shown = useOpen(name);
  const node = useRef(null);
  const before = useRef(null);

  useEffect(() => {
    const query = new URLSearchParams(window.location.search);
    const asked = query.has(name) || query.get("do") === name;
    if (asked) window.history.replaceState(window.history.state, "", window.location.pathname);
    if (asked || sessionStorage.getItem(place(name))) turn(name, true);
    const keys = (event) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
      if (plain && event.key.toLowerCase() === hotkey && !typing(event.target) && !document.querySelector("dialog[open]")) {
        event.preventDefault();
        turn(name, true);
      } else if (event.key === "Escape" && !event.defaultPrevented && isOpen(name) && !document.querySelector("dialog[open]")) {
        turn(name, false);
      }
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  }, [name, hotkey]);

  useEffect(() => {
    if (!shown) {
      before.current?.focus?.();
      return;
    }
    before.current = document.activeElement;
    node.current?.querySelector("[data-first]")?.focus();
  }, [shown]);

  if (!shown) return null;
  return h("section", { ...props, ref: node, role: "dialog" }, children);
}

export function DrawerButton({ name, shows = true, children, ...props }) {
  return h("button", { ...props, type: "button", onClick: () => turn(name, shows) }, children);
}
