// Making an API token. The answer stays in this component: what a token is must not pass through the page's state on the server.
import { createElement as h, useEffect, useId, useRef, useState } from "react";

const BROKEN = "The server did not answer. Try again in a moment.";

export function TokenMaker({ days = [30, 90, 365], className }) {
  const id = useId();
  const [name, setName] = useState("");
  const [lasts, setLasts] = useState(90);
  const [made, setMade] = useState(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [copied, setCopied] = useState(false);

  const make = async (event) => {
    event.preventDefault();
    if (busy || !name.trim()) return;
    setBusy(true);
    setProblem("");
    try {
      const answer = await fetch("/api/v1/tokens", {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ name: name.trim(), days: lasts }),
      });
      const said = await answer.json();
      if (answer.ok) {
        setMade(said);
        setCopied(false);
        setName("");
      } else setProblem(said.detail ?? BROKEN);
    } catch {
      setProblem(BROKEN);
    }
    setBusy(false);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made.token);
      setCopied(true);
    } catch {
      setCopied(false);
    }
  };

  return h(
    "div",
    { className },
    h(
      "form",
      { onSubmit: make, className: "token-form" },
      h(
        "div",
        { className: "field" },
        h("label", { className: "field-label", htmlFor: `${id}-name` }, "Name of the program"),
        h("input", {
          id: `${id}-name`,
          className: "input",
          value: name,
          maxLength: 60,
          required: true,
          autoComplete: "off",
          placeholder: "Bookkeeping",
          onChange: (event) => setName(event.target.value),
        }),
      ),
      h(
        "div",
        { className: "field" },
        h("label", { className: "field-label", htmlFor: `${id}-days` }, "Lasts"),
        h(
          "select",
          { id: `${id}-days`, className: "input", value: lasts, onChange: (event) => setLasts(Number(event.target.value)) },
          days.map((number) => h("option", { key: number, value: number }, `${number} days`)),
        ),
      ),
      h("button", { type: "submit", className: "button button-primary", disabled: busy || !name.trim() }, "Make a token"),
    ),
    problem && h("p", { className: "field-problem", role: "alert" }, problem),
    made &&
      h(
        "div",
        { className: "token-made", role: "status" },
        h("p", null, h("b", null, made.name), ": copy it now, it is not shown again."),
        h("div", { className: "token-line" }, h("code", { className: "token-text" }, made.token), h("button", { type: "button", className: "button button-small", onClick: copy }, copied ? "Copied" : "Copy")),
        h("button", { type: "button", className: "button button-small button-quiet", onClick: () => setMade(null) }, "Hide it"),
      ),
  );
}

// Making one's private calendar address; like a token it is shown here once, and nowhere else.
export function CalendarMaker({ hasOne, className }) {
  const [address, setAddress] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [copied, setCopied] = useState(false);
  const had = useRef(hasOne);

  // Revoked, wherever that was done: what is shown leads nowhere any more.
  useEffect(() => {
    if (had.current && !hasOne) setAddress("");
    had.current = hasOne;
  }, [hasOne]);

  const make = async () => {
    if (busy) return;
    setBusy(true);
    setProblem("");
    try {
      const answer = await fetch("/auth/calendar", { method: "POST", credentials: "same-origin" });
      const said = await answer.json();
      if (answer.ok) {
        setAddress(`${location.origin}${said.path}`);
        setCopied(false);
      } else setProblem(said.detail ?? BROKEN);
    } catch {
      setProblem(BROKEN);
    }
    setBusy(false);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      setCopied(true);
    } catch {
      setCopied(false);
    }
  };
  const button = hasOne
    ? h(SureButton, { label: "Make a new address", sure: "The old one ends: make it", onConfirm: make, className: "button" })
    : h("button", { type: "button", className: "button button-primary", disabled: busy, onClick: make }, "Make my address");
  return h(
    "div",
    { className },
    h("div", { className: "acts" }, button),
    problem && h("p", { className: "field-problem", role: "alert" }, problem),
    address &&
      h(
        "div",
        { className: "token-made", role: "status" },
        h("p", null, "Copy it now, it is not shown again. In the calendar choose \u201csubscribe\u201d or \u201cadd by address\u201d."),
        h("div", { className: "token-line" }, h("code", { className: "token-text" }, address), h("button", { type: "button", className: "button button-small", onClick: copy }, copied ? "Copied" : "Copy")),
        h("button", { type: "button", className: "button button-small button-quiet", onClick: () => setAddress("") }, "Hide it"),
      ),
  );
}

// A button that acts on the second tap: the first only asks.
export function SureButton({ label, sure, subject, onConfirm, className, ...props }) {
  const [armed, setArmed] = useState(false);
  const tap = () => {
    setArmed(!armed);
    if (armed) onConfirm?.(subject);
  };
  return h("button", { ...props, type: "button", className: `${className} ${armed ? "button-danger" : ""}`.trim(), onClick: tap, onBlur: () => setArmed(false) }, armed ? sure : label);
}
