// Moving about a page of lanes (``data-lane``) and their stops (``data-stop``) with the keyboard, and the list of its keys.
import { createElement as h, Fragment, useEffect, useRef } from "react";

const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
const busy = (target) => typing(target) || target.closest("[role=dialog]") || document.querySelector("dialog[open]");

const lanes = () => [...document.querySelectorAll("[data-lane]")];
const stops = (lane) => [...lane.querySelectorAll("[data-stop]")].filter((stop) => stop.offsetParent);
const nameOf = (stop) => stop.closest("[data-name]")?.dataset.name;

export function LaneKeys({ keys, ...props }) {
  const dialog = useRef(null);
  const last = useRef("");

  useEffect(() => {
    const go = (stop) => {
      if (!stop) return false;
      last.current = nameOf(stop) ?? "";
      stop.focus();
      stop.scrollIntoView({ block: "nearest", inline: "nearest" });
      return true;
    };
    // A card that has moved to another lane was made anew there, and has lost the focus on its way.
    const current = () => {
      const focused = document.activeElement?.closest?.("[data-lane] [data-name]");
      const name = focused?.dataset.name ?? (document.activeElement === document.body ? last.current : "");
      return name ? document.querySelector(`[data-lane] [data-name="${CSS.escape(name)}"] [data-stop]`) : null;
    };
    const first = () => lanes().map((lane) => stops(lane)[0]).find(Boolean);
    const along = (step) => {
      const from = current();
      if (!from) return go(first());
      const all = stops(from.closest("[data-lane]"));
      return go(all[Math.min(all.length - 1, Math.max(0, all.indexOf(from) + step))]);
    };
    const across = (step) => {
      const from = current();
      if (!from) return go(first());
      const all = lanes();
      const row = stops(from.closest("[data-lane]")).indexOf(from);
      for (let at = all.indexOf(from.closest("[data-lane]")) + step; all[at]; at += step) {
        const there = stops(all[at]);
        if (there.length) return go(there[Math.min(row, there.length - 1)]);
      }
      return false;
    };
    const steps = {
      ArrowDown: () => along(1),
      ArrowUp: () => along(-1),
      ArrowRight: () => across(1),
      ArrowLeft: () => across(-1),
      j: () => along(1),
      k: () => along(-1),
      c: () => {
        const button = document.activeElement?.closest?.("[data-name]")?.querySelector("[data-claim]");
        button?.click();
        return Boolean(button);
      },
      "?": () => {
        dialog.current.showModal();
        return true;
      },
    };
    const keydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || busy(event.target)) return;
      // Where something else scrolls or chooses by arrows, it keeps them.
      const elsewhere = event.target !== document.body && !event.target.closest("[data-lane]");
      if (event.key.startsWith("Arrow") && elsewhere) return;
      const lane = /^\d$/.test(event.key) ? lanes()[Number(event.key)] : null;
      if (lane ? go(stops(lane)[0]) : steps[event.key]?.()) event.preventDefault();
    };
    window.addEventListener("keydown", keydown);
    return () => window.removeEventListener("keydown", keydown);
  }, []);

  return h(
    Fragment,
    null,
    h("button", { ...props, type: "button", "aria-label": "Keys", onClick: () => dialog.current.showModal() }, h("kbd", { className: "kbd" }, "?")),
    h(
      "dialog",
      {
        ref: dialog,
        className: "dialog",
        "aria-labelledby": "keys-title",
        onClick: (event) => event.target === dialog.current && dialog.current.close(),
      },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "keys-title" }, "Keys"),
        h(
          "dl",
          { className: "keys" },
          keys.flatMap(([key, meaning]) => [
            h("dt", { key: `${key} key` }, key.split(" ").map((one) => h("kbd", { key: one, className: "kbd" }, one))),
            h("dd", { key }, meaning),
          ]),
        ),
        h("div", { className: "dialog-acts" }, h("button", { type: "submit", className: "button" }, "Close")),
      ),
    ),
  );
}
