// A button that acts at once. The tap is kept until the server has answered it, so however often it is tapped or sent, it counts once.
import { createElement as h, useEffect, useState, useSyncExternalStore } from "react";
import { ActDialog } from "./act_dialog.jsx";
import { useConnection } from "./connection.jsx";
import { isWaiting, keepTap, tapOf, useTaps } from "./taps.jsx";

const SURE_MS = 6000;
const PAUSE_MS = 1500;

export function Tap({ act, then = [], about = "", sure = "", unsent = "", className }) {
  const { taps } = useTaps();
  const lost = useConnection() === "lost";
  const [phase, setPhase] = useState("ready");
  // Without a connection the steps that follow can be taken as well: on the road nobody waits for a signal to go on.
  const steps = lost ? [act, ...then] : [act];
  const next = steps.find((one) => !isWaiting(taps, one));
  const shown = next ?? steps[steps.length - 1];
  useEffect(() => setPhase("ready"), [act.action, act.target_id, act.label]);
  useEffect(() => {
    if (phase === "ready") return;
    // Long enough that the second half of a double tap is not the next step.
    const timer = setTimeout(() => setPhase("ready"), phase === "sure" ? SURE_MS : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [phase]);

  const tap = () => {
    if (!next || phase === "pause") return;
    if (sure && phase === "ready") return setPhase("sure");
    setPhase("pause");
    keepTap(tapOf(next, about));
  };
  const sent = !next || phase === "pause";
  const kept = !next && lost;
  const words = phase === "sure" ? sure : kept ? unsent || `${shown.label}: waiting to be sent` : shown.label;
  return h(
    "button",
    { type: "button", className, onClick: tap, "data-do": shown.action, "data-phase": phase === "sure" ? "sure" : sent ? "sent" : "ready", "aria-busy": sent, "aria-live": "polite" },
    words,
  );
}

// What is asked before an act when the server cannot be asked what to ask.
const askers = new Set();
let asked = { number: 0, action: "", target_id: 0 };

export function Ask({ act, onBegin, className }) {
  const lost = useConnection() === "lost";
  const { taps } = useTaps();
  const sent = taps.some((tap) => tap.action === act.action && tap.target_id === act.target_id);
  const begin = () => {
    if (sent) return;
    if (!lost) return onBegin?.(act.action, act.target_id);
    asked = { number: asked.number - 1, action: act.action, target_id: act.target_id };
    askers.forEach((listener) => listener());
  };
  return h("button", { type: "button", className, onClick: begin, "data-do": act.action, "aria-busy": sent }, sent && lost ? `${act.label}: waiting to be sent` : act.label);
}

const subscribe = (listener) => {
  askers.add(listener);
  return () => askers.delete(listener);
};

export function PhoneDialog({ asks = {}, ask = {}, refused, answered, done, onDo, className }) {
  const lost = useConnection() === "lost";
  const local = useSyncExternalStore(subscribe, () => asked, () => asked);
  const [shown, setShown] = useState({});
  const [unsent, setUnsent] = useState(null);
  const [kept, setKept] = useState("");
  const [missing, setMissing] = useState("");

  useEffect(() => {
    if (ask.number) setShown(ask);
  }, [ask.number]);
  useEffect(() => {
    if (!local.number) return;
    const known = asks[local.action];
    if (known) setShown({ ...known, ...local });
    setMissing(known ? "" : "This needs a connection: what to choose from is the desk's list. Try again in a moment.");
  }, [local.number]);
  useEffect(() => setUnsent(null), [answered]);
  useEffect(() => {
    if (!lost) setMissing("");
  }, [lost]);
  const keep = ({ action, target_id, key, values }) => {
    keepTap({ key, action, target_id, values, label: shown.yes });
    setKept(key);
    setUnsent(null);
  };
  // Sent, and the connection went before the answer came: the same act, with the same key, waits with the others.
  useEffect(() => {
    if (lost && unsent) keep(unsent);
  }, [lost, unsent]);
  const act = (action, target_id, key, values) => {
    const one = { action, target_id, key, values };
    if (lost) return keep(one);
    setUnsent(one);
    onDo?.(action, target_id, key, values);
  };
  return h(
    "div",
    null,
    missing && h("p", { className: "lost", role: "alert" }, missing),
    h(ActDialog, { ask: shown, refused, answered, done: kept || done, onDo: act, className }),
  );
}
