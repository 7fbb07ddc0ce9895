// Shows a pushed value only on the page whose address names it: after a navigation the one before is still in memory for a moment.
import { useParams } from "react-router";

export function ForAddress({ kind, param, scope, loaded, missing, children }) {
  const asked = useParams()[param] ?? "";
  const [content, waiting, nothing] = children;
  if (!/^0*[1-9]\d{0,17}$/.test(asked)) return nothing;
  if (!loaded || scope !== `${kind}:${Number(asked)}`) return waiting;
  return missing ? nothing : content;
}
