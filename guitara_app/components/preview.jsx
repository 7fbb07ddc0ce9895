// What a change would leave behind, in a native dialog before it is made: saving stays possible, going back loses nothing.
import { createElement as h, useEffect, useId, useRef, useState } from "react";

export function PreviewDialog({ preview = {}, hydrated, onYes, className }) {
  const dialog = useRef(null);
  const id = useId();
  const [shown, setShown] = useState(null);
  const asked = useRef(0);

  // A number that was there when the page was filled asks nothing: its question was answered, or left, before.
  useEffect(() => {
    const isNew = preview.number && preview.number !== asked.current;
    asked.current = preview.number;
    if (hydrated && isNew) setShown(preview);
  }, [preview.number, hydrated]);
  useEffect(() => {
    if (shown && !dialog.current.open) dialog.current.showModal();
  }, [shown]);

  if (!shown) return h("dialog", { ref: dialog, className: "dialog preview-dialog" });
  const yes = (event) => {
    event.preventDefault();
    dialog.current.close();
    onYes?.(shown.number);
  };
  const line = (one) =>
    h(
      "li",
      { key: one.key },
      h("b", null, one.person),
      h("span", { className: "num" }, one.evening),
      one.visit ? h("a", { href: `/appointments/${one.visit}`, target: "_blank", rel: "noreferrer" }, one.words) : h("span", null, one.words),
    );
  return h(
    "dialog",
    {
      ref: dialog,
      className: `dialog preview-dialog ${className || ""}`,
      "aria-labelledby": `${id}-title`,
      "aria-describedby": `${id}-text`,
      onClick: (event) => event.target === dialog.current && dialog.current.close(),
      onClose: () => setShown(null),
    },
    h(
      "form",
      { method: "dialog", onSubmit: yes },
      h("h2", { id: `${id}-title` }, shown.title),
      h("p", { id: `${id}-text`, className: "mute" }, shown.text),
      shown.lines.length > 0 && h("ul", { className: "preview-lines", tabIndex: 0, "aria-label": "Outside these hours" }, shown.lines.map(line)),
      shown.more > 0 && h("p", { className: "mute" }, `and ${shown.more} more`),
      h(
        "div",
        { className: "dialog-acts" },
        h("button", { type: "button", className: "button", autoFocus: true, onClick: () => dialog.current.close() }, "Back"),
        h("button", { type: "submit", className: "button button-primary" }, shown.yes),
      ),
    ),
  );
}
