// A sentence in which every visit that is named by its number, like (#214), can be opened beside what one is doing.
import { createElement as h } from "react";

const NAMED = /\(#(\d{1,19})\)/;

export function Linked({ text = "", element = "span", ...props }) {
  const parts = text.split(NAMED);
  const shown = parts.map((part, index) =>
    index % 2 ? h("a", { key: index, href: `/appointments/${part}`, target: "_blank", rel: "noopener", className: "num" }, `(#${part})`) : part,
  );
  return h(element, props, ...shown);
}
