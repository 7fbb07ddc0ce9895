// Puts together what the server sends of a long list: the rows that changed, and the order if that did.
// What a difference builds on must be what is here; when it is not, everything is asked for again.
import { useContext } from "react";
import { DispatchContext, StateStoreContext, eventLoop } from "$/utils/context-registry";
import { onLoadInternalEvent } from "$/utils/context";

const MARK = "_rx_state_";
const ASK_AGAIN_MS = 1000;
const patched = new WeakMap();
let askedAt = 0;
let askingLater = 0;

const merged = (before, value) => {
  const changed = value?.["~rows"];
  if (!changed) return value;
  const key = value["~key"];
  const rows = new Map(before.map((row) => [row[key], row]));
  const order = value["~order"] ?? [...rows.keys()];
  changed.forEach((row) => rows.set(row[key], row));
  return order.map((one) => rows.get(one));
};

const askAgain = () => {
  const wait = askedAt + ASK_AGAIN_MS - Date.now();
  if (wait > 0) {
    clearTimeout(askingLater);
    askingLater = setTimeout(askAgain, wait);
    return;
  }
  askedAt = Date.now();
  eventLoop.addEvents(onLoadInternalEvent());
};

const patch = (dispatch, store, name) => {
  const set = dispatch[name];
  if (!set || patched.get(set)) return;
  dispatch[name] = (delta) => {
    const { [`after${MARK}`]: after, ...values } = delta;
    const here = store.getSnapshot(name);
    if (after !== undefined) {
      const ours = here[`scope${MARK}`] === values[`scope${MARK}`];
      const fits = ours && here[`rev${MARK}`] === after;
      // A page opened again that is told that nothing is new should have it, whatever it has.
      if (!fits && (ours || values[`rev${MARK}`] === after)) askAgain();
      if (!fits) return;
    }
    // A page that is opened again still has everything: drawn once more it would look the same.
    if (Object.keys(values).every((key) => values[key] === here[key])) return;
    Object.keys(values).forEach((key) => {
      values[key] = merged(here[key], values[key]);
    });
    set(values);
  };
  patched.set(dispatch[name], true);
};

export function Patches({ states, children }) {
  const dispatch = useContext(DispatchContext);
  const store = useContext(StateStoreContext);
  // While rendering: the first message may come as soon as this is on the page.
  states.forEach((name) => patch(dispatch, store, name));
  return children;
}
