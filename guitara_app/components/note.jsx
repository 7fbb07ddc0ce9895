// A text that several people may change: what is typed remembers what it was based on, and when somebody else was faster both are kept.
import { createElement as h, Fragment } from "react";
import { useDraftValue } from "./draft.jsx";

export function NoteField({ name, text, version, writer, ...props }) {
  const [typed, set] = useDraftValue(name);
  const [basedOn] = useDraftValue("based_on");
  const changed = typed !== undefined && basedOn !== version;
  const button = (words, patch) =>
    h("button", { type: "button", className: "button button-small", onClick: () => set(patch) }, words);
  return h(
    Fragment,
    null,
    changed &&
      h(
        "div",
        { className: "note-changed", role: "alert" },
        h("p", null, text ? `${writer} has changed the note while you were typing:` : "A new evening has begun; this becomes its first note."),
        text && h("blockquote", { className: "prewrap" }, text),
        h(
          "div",
          { className: "acts" },
          text && button("Put mine below it", { [name]: `${text}\n\n${typed}`, based_on: version }),
          button("Keep only mine", { based_on: version }),
          button("Drop mine", { [name]: undefined, based_on: undefined }),
        ),
      ),
    h("textarea", {
      id: `draft-${name}`,
      ...props,
      name,
      value: typed ?? text,
      onChange: (event) => set({ [name]: event.target.value, based_on: typed === undefined ? version : basedOn }),
    }),
  );
}
