// A button that acts at once, with a key of its own: however often it is tapped or sent, it counts once. Without a connection the tap is kept and leaves with the next one.
import { createElement as h, useEffect, useRef, useState } from "react";
import { newKey } from "./act_dialog.jsx";
import { useConnection } from "./connection.jsx";

const SURE_MS = 6000;
const AGAIN_MS = 15000;

export function Tap({ act, answered = 0, sure = "", onDo, className }) {
  const [phase, setPhase] = useState("ready");
  const key = useRef("");
  const lost = useConnection() === "lost";

  useEffect(() => {
    key.current = newKey();
    setPhase("ready");
  }, [act.action, act.target_id, act.label]);
  useEffect(() => {
    if (!answered) return;
    key.current = newKey();
    setPhase("ready");
  }, [answered]);
  // No answer: it may be tapped again, and is still the same tap to the server.
  useEffect(() => {
    if (phase === "ready" || (phase === "sent" && lost)) return;
    const timer = setTimeout(() => setPhase("ready"), phase === "sure" ? SURE_MS : AGAIN_MS);
    return () => clearTimeout(timer);
  }, [phase, lost]);

  const tap = () => {
    if (phase === "sent") return;
    if (sure && phase === "ready") return setPhase("sure");
    setPhase("sent");
    onDo?.(act.action, act.target_id, key.current, act.values);
  };
  const words = phase === "sure" ? sure : phase === "sent" && lost ? "Kept, sent when you are connected" : act.label;
  return h("button", { type: "button", className, onClick: tap, "data-do": act.action, "data-phase": phase, "aria-busy": phase === "sent", "aria-live": "polite" }, words);
}
