// A button that begins the draft of a form and opens its sheet; ``now`` does it as soon as it is there, once.
import { createElement as h, useEffect, useRef } from "react";
import { beginDraft } from "./draft.jsx";
import { openDrawer } from "./drawer.jsx";

export function BeginDraft({ name, owner, patch, drawer, now, children, ...props }) {
  const begun = useRef(false);
  const begin = () => beginDraft(name, owner, patch) && openDrawer(drawer);
  useEffect(() => {
    if (!now || !owner || begun.current) return;
    begun.current = true;
    // A reload is not another wish to book.
    window.history.replaceState(window.history.state, "", window.location.pathname);
    begin();
  }, [now, owner]);
  return h("button", { ...props, type: "button", onClick: begin }, children);
}
