// Shows somebody new around: a few steps that point at the page's own parts. The page can be used beneath, and what is urgent ends the tour.
import { createElement as h, useEffect, useRef } from "react";

// What somebody has opened, and what has just come and cannot wait. The tour is put aside for it, and comes again another time.
const COMES_FIRST = 'dialog[open], [role="dialog"]:not(.driver-popover), .alert';

const shown = (at) => [...document.querySelectorAll(at)].find((part) => part.getClientRects().length);

const begin = (driver, steps, onSeen) => {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const tour = driver({
    steps: steps.filter(({ at }) => shown(at)).map(({ at, title, text }) => ({ element: () => shown(at), popover: { title, description: text } })),
    animate: !still,
    smoothScroll: !still,
    showProgress: true,
    progressText: "{{current}} of {{total}}",
    nextBtnText: "Next",
    prevBtnText: "Back",
    doneBtnText: "Done",
    overlayOpacity: 0.35,
    stageRadius: 8,
    stagePadding: 6,
    onPopoverRender: ({ wrapper, footerButtons, nextButton, closeButton }) => {
      // The first of the buttons gets the focus, so Enter goes on.
      footerButtons.prepend(nextButton);
      wrapper.append(closeButton);
      closeButton.textContent = "Skip";
      closeButton.setAttribute("aria-label", "Skip the tour");
    },
    // However somebody ends it: at its end, by Skip or by Escape.
    onDestroyStarted: () => {
      onSeen();
      leave();
    },
  });
  const follow = () => tour.isActive() && tour.refresh();
  const watcher = new MutationObserver(() => document.querySelector(COMES_FIRST) && leave());
  const leave = () => {
    watcher.disconnect();
    document.removeEventListener("scroll", follow, true);
    tour.destroy();
  };
  tour.drive();
  watcher.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["open"] });
  document.addEventListener("scroll", follow, true);
  return leave;
};

export function Tour({ steps = [], due, ready, onSeen }) {
  const again = useRef(false);
  const tell = useRef(onSeen);
  tell.current = onSeen;
  useEffect(() => {
    const query = new URLSearchParams(window.location.search);
    if (!query.has("tour")) return;
    again.current = true;
    window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
  useEffect(() => {
    if (!ready || (!due && !again.current)) return undefined;
    let leave = null;
    let gone = false;
    import("driver.js").then(({ driver }) => {
      if (gone || document.querySelector(COMES_FIRST) || !steps.some(({ at }) => shown(at))) return;
      again.current = false;
      leave = begin(driver, steps, () => tell.current?.());
    });
    // Also when another tab of theirs has ended it.
    return () => {
      gone = true;
      leave?.();
    };
  }, [ready, due]);
  return null;
}

// Goes to the section that the address names; the page itself scrolls within its frame.
export function Section({ name, children, ...props }) {
  const node = useRef(null);
  useEffect(() => {
    const go = () => {
      if (window.location.hash === `#${name}`) node.current?.scrollIntoView({ block: "start" });
    };
    go();
    window.addEventListener("hashchange", go);
    return () => window.removeEventListener("hashchange", go);
  }, [name]);
  return h("section", { ...props, ref: node, id: name }, children);
}
