// A form whose values live in the browser: typing never waits for the server, and neither a refused save, a reload nor a lost connection
// takes anything away. The server is told the whole draft a moment after it changes.
import { createContext, createElement as h, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useConnection } from "./connection.jsx";
import { closeDrawer } from "./drawer.jsx";

const TELL_MS = 250;
const PULSE_MS = 400;
const PATIENCE_MS = 10000;
const EMPTY = {};
const NO_BASE = { of: "", values: EMPTY, fields: EMPTY };
const WITH_ADDRESS = ["address_line", "locality_id", "address_notes"];

const plain = (value) => (Array.isArray(value) ? JSON.stringify([...value].sort()) : JSON.stringify(value));

// ``typed`` is what somebody changed, and all that is kept; ``values`` shows it over what stands on the server (``base``), when anything does.
// ``typed.seen`` holds, for each field of the server that was changed, what stood there when the changing began.
class Draft {
  constructor(place) {
    this.place = place;
    this.listeners = new Set();
    this.base = NO_BASE;
    this.typed = this.read();
    this.values = this.typed;
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.place)) ?? this.fresh();
    } catch {
      return this.fresh();
    }
  }

  // The key belongs to one intention to save: sent twice, it still counts once.
  fresh() {
    return { idempotency_key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}` };
  }

  set(patch) {
    const typed = { ...this.typed };
    const seen = { ...typed.seen };
    for (const [name, value] of Object.entries(patch)) {
      if (name in this.base.values && plain(value) === plain(this.base.values[name])) {
        delete typed[name];
        delete seen[name];
        continue;
      }
      typed[name] = value;
      if (name in this.base.fields && !(name in seen)) seen[name] = this.base.fields[name];
    }
    this.replace(this.base === NO_BASE ? typed : { ...typed, seen });
  }

  rebase(base) {
    this.base = base;
    this.show();
  }

  // Of a field that a colleague changed as well: theirs counts, what was typed goes.
  takeTheirs(field) {
    const typed = { ...this.typed, seen: { ...this.typed.seen } };
    for (const name of field === "address_id" ? [field, ...WITH_ADDRESS] : [field]) {
      delete typed[name];
      delete typed.seen[name];
    }
    this.replace(typed);
  }

  // Mine counts: it is a change of what they made of it.
  keepMine(field) {
    this.replace({ ...this.typed, seen: { ...this.typed.seen, [field]: this.base.fields[field] } });
  }

  replace(typed) {
    this.typed = typed;
    try {
      sessionStorage.setItem(this.place, JSON.stringify(typed));
    } catch {
      // Storage is full or forbidden: the form works on, it only does not survive a reload.
    }
    this.show();
  }

  show() {
    this.values = { ...this.base.values, ...this.typed };
    this.listeners.forEach((listener) => listener());
  }

  clear() {
    this.replace(this.fresh());
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

const drafts = new Map();
const draftOf = (name, owner) => {
  const place = `guitara:draft:${name}:${owner}`;
  if (!drafts.has(place)) drafts.set(place, new Draft(place));
  return drafts.get(place);
};

// Begins the draft of a form that may not be on the page yet; what somebody typed there before is asked about.
export const beginDraft = (name, owner, patch) => {
  const draft = draftOf(name, owner);
  if (isTouched(draft.typed) && !window.confirm("The form holds something that was not saved. Replace it?")) return false;
  draft.replace({ ...draft.fresh(), ...patch });
  return true;
};

const DraftContext = createContext(null);
const SendingContext = createContext("");
const none = { subscribe: () => () => {}, values: EMPTY, set: () => {}, takeTheirs: () => {}, keepMine: () => {} };
export const useDraft = () => useContext(DraftContext) ?? none;

export const useDraftValue = (name) => {
  const draft = useDraft();
  const value = useSyncExternalStore(draft.subscribe, () => draft.values[name], () => undefined);
  return [value, useCallback((patch) => draft.set(patch), [draft])];
};

const isEmpty = (value) => value === undefined || value === null || value === "" || value === false || value.length === 0;

const isTouched = (values) => Object.keys(values).some((name) => name !== "idempotency_key" && name !== "version");

export function DraftForm({ name, owner, subject, base, drawer, saved, answered, pulse, choices, ready, onDraft, onSave, children, ...props }) {
  const draft = useMemo(() => draftOf(name, owner), [name, owner]);
  // "" rests, "sent" waits for the answer, "silent" has waited long enough.
  const [sending, setSending] = useState("");
  const live = useConnection();
  const tell = useRef();
  const told = () => ({
    ...draft.typed,
    ...(choices === undefined ? EMPTY : { offered: choices }),
    ...(subject === undefined ? EMPTY : { visit_id: subject }),
  });
  tell.current = () => subject !== 0 && onDraft?.(told());
  const timer = useRef();
  const later = (wait) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => tell.current(), wait);
  };

  useEffect(() => {
    if (base?.of === name) draft.rebase(base);
  }, [draft, base, name]);
  // Another base alone is the server's own word, and not told to it again.
  useEffect(() => {
    let last = draft.typed;
    return draft.subscribe(() => {
      if (draft.typed !== last) later(TELL_MS);
      last = draft.typed;
    });
  }, [draft]);
  // ``ready`` falls back when the server had to start afresh; then it hears the draft again, as after every gap.
  useEffect(() => later(0), [draft, subject, ready, live]);
  // What others do decides who is free.
  useEffect(() => later(PULSE_MS), [pulse, choices]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const form = useRef(null);
  useEffect(() => {
    if (!answered) return;
    setSending("");
    const problem = form.current?.querySelector(".field-problem:not(:empty)");
    problem?.scrollIntoView({ block: "center" });
    const wrong = form.current?.querySelector('[aria-invalid="true"]') ?? problem?.parentElement?.querySelector("input, select, textarea");
    wrong?.focus({ preventScroll: true });
  }, [answered]);
  useEffect(() => {
    if (sending !== "sent") return undefined;
    const timer = setTimeout(() => setSending("silent"), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [sending]);

  useEffect(() => {
    if (!saved || saved !== draft.typed.idempotency_key) return;
    setSending("");
    draft.clear();
    closeDrawer(drawer);
  }, [saved, draft, drawer]);

  const send = () => {
    clearTimeout(timer.current);
    setSending("sent");
    onSave?.(told());
  };
  // The connection was lost before the answer came. Whether the server heard it or not: with the same key it counts once.
  useEffect(() => {
    if (live === "live" && sending) send();
  }, [live]);
  const submit = (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (sending !== "sent") send();
  };
  // Enter in a field is not yet a booking; with Ctrl it is, wherever the focus may be.
  const keys = (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
  };
  useEffect(() => {
    const save = (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
      // Of several forms on a page, the one in which somebody types.
      const typed = event.target.closest?.("form[data-draft]");
      if (typed ? typed !== form.current : document.querySelectorAll("form[data-draft]").length > 1) return;
      event.preventDefault();
      form.current?.requestSubmit();
    };
    window.addEventListener("keydown", save);
    return () => window.removeEventListener("keydown", save);
  }, []);
  return h(
    DraftContext.Provider,
    { value: draft },
    h(
      SendingContext.Provider,
      { value: sending && live !== "live" ? "lost" : sending },
      h(
        "form",
        { ...props, ref: form, "data-draft": name, noValidate: true, autoComplete: "off", "aria-busy": sending === "sent", onSubmit: submit, onKeyDown: keys },
        children,
      ),
    ),
  );
}

const SENDING = {
  lost: "No connection. What you typed is kept, and saved once as soon as the server is back.",
  silent: "The server has not answered yet. What you typed is kept: save again, it counts once.",
};

// What became of the save, while that is not known.
export function DraftSending(props) {
  const words = SENDING[useContext(SendingContext)] ?? "";
  return h("p", { ...props, role: "status", hidden: !words }, words);
}

export function DraftField({ name, element = "input", fallback = "", resets, children, ...props }) {
  const [value, set] = useDraftValue(name);
  const change = (event) => set({ ...resets, [name]: event.target.value });
  return h(element, { id: `draft-${name}`, ...props, name, value: value ?? fallback, onChange: change }, children);
}

export function DraftCheck({ name, fallback = false, ...props }) {
  const [value, set] = useDraftValue(name);
  return h("input", {
    id: `draft-${name}`,
    ...props,
    type: "checkbox",
    name,
    checked: value ?? fallback,
    onChange: (event) => set({ [name]: event.target.checked }),
  });
}

export function DraftPick({ name, value, ...props }) {
  const [picked = [], set] = useDraftValue(name);
  const change = (event) => {
    const others = picked.filter((one) => one !== value);
    set({ [name]: event.target.checked ? [...others, value] : others });
  };
  return h("input", { ...props, type: "checkbox", name, value, checked: picked.includes(value), onChange: change });
}

export function DraftSet({ patch, children, ...props }) {
  const draft = useDraft();
  return h("button", { ...props, type: "button", onClick: () => draft.set(patch) }, children);
}

// Sets fields to what others hold, or while those are untouched, to their values in ``base``.
export function DraftCopy({ copies, base = EMPTY, children, ...props }) {
  const draft = useDraft();
  const copy = () => {
    const taken = Object.entries(copies).map(([to, from]) => [to, draft.values[from] ?? base[from] ?? ""]);
    draft.set(Object.fromEntries(taken));
  };
  return h("button", { ...props, type: "button", onClick: copy }, children);
}

// A button that stays pressed while the field has its value; pressed again, it lets go of it.
export function DraftChoice({ name, value, resets, children, ...props }) {
  const [chosen, set] = useDraftValue(name);
  const on = chosen === value;
  const onClick = () => set({ ...resets, [name]: on ? "" : value });
  return h("button", { ...props, type: "button", "aria-pressed": on, onClick }, children);
}

// Keeps, from the first thing typed on, the version of what stood there: whoever saves later knows what the typing was about.
export function DraftVersion({ version }) {
  const draft = useDraft();
  const values = useSyncExternalStore(draft.subscribe, () => draft.values, () => EMPTY);
  const begun = isTouched(values) && values.version === undefined;
  useEffect(() => {
    if (begun && version) draft.set({ version });
  }, [draft, begun, version]);
  return null;
}

// Children that show only while something was typed that is not saved yet.
export function DraftTouched({ children }) {
  const draft = useDraft();
  return useSyncExternalStore(draft.subscribe, () => isTouched(draft.values), () => false) ? children : null;
}

export function DraftClear({ children, ...props }) {
  const draft = useDraft();
  return h("button", { ...props, type: "button", onClick: () => draft.clear() }, children);
}

// Children that show only while the field has a value, has none (``empty``), or is one value (``is``).
export function DraftWhen({ name, is, empty, children }) {
  const [value] = useDraftValue(name);
  if (is !== undefined) return value === is ? children : null;
  return isEmpty(value) === Boolean(empty) ? children : null;
}

// A line of a list that hides while what is typed in ``by`` does not occur in its text, unless it is picked.
// A ``folded`` one hides as well while nothing is typed and the field ``unfold`` is not set.
export function DraftMatch({ by, text, pick, value, folded, unfold, children, ...props }) {
  const [typed] = useDraftValue(by);
  const [picked = []] = useDraftValue(pick);
  const [unfolded] = useDraftValue(unfold);
  const words = (typed ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const away = folded && !unfolded && words.length === 0;
  const hidden = !picked.includes(value) && (away || !words.every((word) => text.toLowerCase().includes(word)));
  return h("li", { ...props, hidden }, children);
}

// Sets fields from outside the form: what somebody chose elsewhere, such as a time in a calendar.
export const prefill = (name, owner, patch) => draftOf(name, owner).set(patch);
