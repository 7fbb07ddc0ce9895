// A line of what something was lately, as one small drawing: nothing to load, nothing to measure.
import { createElement as h } from "react";

const HEIGHT = 28;

const MISSED = 12;

// Where nothing was measured for longer the line has a gap.
const stretches = (values) => {
  const found = [];
  let last = -Infinity;
  values.forEach((value, at) => {
    if (value === null || value === undefined) return;
    if (at - last > MISSED) found.push([]);
    found.at(-1).push([at, value]);
    last = at;
  });
  return found;
};

export function Spark({ values = [], length, limit = null, className = "" }) {
  const known = values.filter((value) => value !== null && value !== undefined);
  const most = Math.max(0, ...known);
  // The limit shows as soon as it is near enough to matter, and then nothing else moves the scale.
  const near = limit !== null && most >= limit / 4;
  const top = Math.max(most, near ? limit : 0) * 1.08 || 1;
  const shift = length - values.length;
  const x = (at) => at + shift;
  const y = (value) => HEIGHT - (value / top) * (HEIGHT - 2) - 1;
  // One alone is a dot.
  const path = (points) => points.map(([at, value], index) => `${index ? "L" : "M"}${x(at)} ${y(value).toFixed(1)}`).join("") + (points.length > 1 ? "" : "h0");
  const area = (points) => `${path(points)}L${x(points.at(-1)[0])} ${HEIGHT}L${x(points[0][0])} ${HEIGHT}Z`;
  const lines = stretches(values);
  return h(
    "svg",
    { className: `spark ${className}`, viewBox: `0 0 ${length - 1} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": true },
    near && h("line", { className: "spark-limit", x1: 0, x2: length - 1, y1: y(limit), y2: y(limit) }),
    h("path", { className: "spark-area", d: lines.map(area).join("") }),
    h("path", { className: "spark-line", d: lines.map(path).join("") }),
  );
}
