// Founding the firm, and choosing a password by an invitation. What is typed stays in this browser until it is saved; passwords are not even
// kept here, and the answers (who was invited, by which link) pass through no page's state on the server.
import { createElement as h, useEffect, useId, useState } from "react";
import { Links, Row, Text, send } from "./setup_parts.jsx";

const PLACE = "guitara:setup";
const ROLES = [
  ["therapist", "Therapist"],
  ["driver", "Driver"],
  ["operator", "Operator"],
  ["manager", "Manager"],
  ["admin", "Admin"],
];
const VEHICLES = [
  ["car", "Car"],
  ["motorcycle", "Motorcycle"],
];
const NEW = {
  zones: { name: "", towns: "" },
  services: { name: "", minutes: "60", price: "", materials: "" },
  items: { name: "", unit: "", stock: "0", minimum: "0", reusable: false },
  staff: { name: "", username: "", email: "", phone: "", role: "therapist", vehicle: "", password: "" },
};

const withoutSecrets = (firm) => ({
  ...firm,
  admin: { ...firm.admin, password: "" },
  staff: firm.staff.map((one) => ({ ...one, password: "" })),
});
const kept = () => {
  try {
    return JSON.parse(localStorage.getItem(PLACE));
  } catch {
    return null;
  }
};

export function SetupForm({ className }) {
  const [facts, setFacts] = useState(null);
  const [firm, setFirm] = useState(null);
  const [code, setCode] = useState("");
  const [problems, setProblems] = useState({});
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState(null);

  useEffect(() => {
    fetch("/auth/setup", { credentials: "same-origin" })
      .then((answer) => answer.json())
      .then((found) => {
        if (found.founded) window.location.replace("/login");
        else {
          setFacts(found);
          setFirm({ ...found.firm, ...kept() });
        }
      })
      .catch(() => setSaid("The server did not answer. Reload the page in a moment."));
  }, []);

  if (made) return h(Links, { className, invitations: made.invitations, home: made.home, title: `${firm.name} is ready` });
  if (!firm) return h("p", { className: "mute", role: "status" }, said || "One moment …");

  const change = (next) => {
    setFirm(next);
    localStorage.setItem(PLACE, JSON.stringify(withoutSecrets(next)));
  };
  const put = (patch) => change({ ...firm, ...patch });
  const part = (list, number, patch) => put({ [list]: firm[list].map((one, at) => (at === number ? { ...one, ...patch } : one)) });
  const save = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setSaid("");
    setProblems({});
    const answer = await send("/auth/setup", { code, firm });
    setBusy(false);
    if (answer.ok) {
      localStorage.removeItem(PLACE);
      if (answer.said.invitations.length) setMade(answer.said);
      else window.location.assign(answer.said.home);
      return;
    }
    const found = answer.said.problems ?? {};
    setProblems(found);
    setSaid(answer.said.detail);
    requestAnimationFrame(() => document.querySelector("[data-problem]")?.scrollIntoView({ block: "center" }));
  };
  const text = (label, name, more = {}) =>
    h(Text, { label, value: firm[name] ?? "", problem: problems[name], onType: (value) => put({ [name]: value }), ...more });
  const admin = (label, name, more = {}) =>
    h(Text, {
      label,
      value: firm.admin[name] ?? "",
      problem: problems[`admin.${name}`],
      onType: (value) => put({ admin: { ...firm.admin, [name]: value } }),
      ...more,
    });
  const rows = (list, word, fields, wide) =>
    h(
      "div",
      { className: "setup-rows" },
      problems[list] && h("p", { className: "field-problem", role: "alert", "data-problem": list }, problems[list]),
      firm[list].map((one, number) =>
        h(Row, {
          key: number,
          wide,
          word: `${word} ${number + 1}`,
          fields: fields(one),
          values: one,
          problemOf: (name) => problems[`${list}.${number}.${name}`],
          onType: (name, value) => part(list, number, { [name]: value }),
          onRemove: () => put({ [list]: firm[list].filter((_, at) => at !== number) }),
        }),
      ),
      h("button", { type: "button", className: "button button-small", onClick: () => put({ [list]: [...firm[list], { ...NEW[list] }] }) }, `Add a ${word.toLowerCase()}`),
    );
  const section = (title, hint, ...children) =>
    h("section", { className: "panel setup-part" }, h("div", { className: "panel-head" }, h("h2", null, title)), h("div", { className: "panel-pad stack" }, hint && h("p", { className: "field-hint" }, hint), ...children));

  return h(
    "form",
    { className, onSubmit: save, noValidate: true },
    section(
      "Your firm",
      "The business day turns while nobody works; a visit at half past midnight belongs to the evening before.",
      text("Name of the firm", "name", { maxLength: 80, autoFocus: true }),
      h(
        "div",
        { className: "setup-line" },
        text("Opens", "opens", { type: "time" }),
        text("Closes", "closes", { type: "time" }),
        text("Business day turns", "day_starts", { type: "time" }),
        text("Time zone", "timezone", { options: facts.timezones.map((zone) => [zone, zone]) }),
      ),
    ),
    section(
      "You, the admin",
      "You sign in with this name and password, and may do everything.",
      h("div", { className: "setup-line" }, admin("Your name", "name", { autoComplete: "name" }), admin("User name", "username", { autoComplete: "username", autoCapitalize: "none" })),
      h(
        "div",
        { className: "setup-line" },
        admin("E-mail, if you like", "email", { type: "email", autoComplete: "email" }),
        admin("Password, 10 characters or more", "password", { type: "password", autoComplete: "new-password" }),
      ),
    ),
    section(
      "Who works here",
      "Everybody without a password gets a link to choose one. Therapists and drivers begin with your opening hours every day; change them under Shifts.",
      rows("staff", "Person", (one) => [
        { name: "name", label: "Name" },
        { name: "username", label: "User name", autoCapitalize: "none" },
        { name: "role", label: "Role", options: ROLES },
        ...(one.role === "driver" ? [{ name: "vehicle", label: "Vehicle", options: [["", "Choose"], ...VEHICLES] }] : []),
        { name: "phone", label: "Phone", type: "tel" },
        { name: "password", label: "Password, or empty for a link", type: "password", autoComplete: "new-password" },
      ]),
    ),
    section(
      "Where you go",
      "Trips inside a zone are short. Towns stand between commas.",
      rows("zones", "Zone", () => [
        { name: "name", label: "Zone" },
        { name: "towns", label: "Towns", grow: true },
      ]),
    ),
    section(
      "What you sell",
      "Materials are what a therapist takes along, between commas; they are listed below.",
      rows("services", "Service", () => [
        { name: "name", label: "Service" },
        { name: "minutes", label: "Minutes", inputMode: "numeric", narrow: true },
        { name: "price", label: "Price, ₱", inputMode: "decimal", narrow: true },
        { name: "materials", label: "Materials", grow: true },
      ]),
    ),
    section(
      "Materials",
      "What is on the shelf today, and from how many on you want to be told that it runs low.",
      rows("items", "Material", () => [
        { name: "name", label: "Material" },
        { name: "unit", label: "Unit" },
        { name: "stock", label: "In stock", inputMode: "numeric", narrow: true },
        { name: "minimum", label: "Low at", inputMode: "numeric", narrow: true },
        { name: "reusable", label: "Comes back", check: true },
      ]),
    ),
    h(
      "div",
      { className: "setup-end" },
      facts.code_needed && h(Text, { label: "Setup code, from the terminal", value: code, problem: problems.code, onType: setCode, autoComplete: "off" }),
      said && h("p", { className: "field-problem", role: "alert" }, said),
      h("button", { type: "submit", className: "button button-primary", disabled: busy }, busy ? "Opening …" : "Open the firm"),
    ),
  );
}

export function InvitationForm({ className }) {
  const [who, setWho] = useState(null);
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState("");
  const [over, setOver] = useState("");
  const [busy, setBusy] = useState(false);
  const token = typeof window === "undefined" ? "" : window.location.hash.slice(1);

  useEffect(() => {
    send("/auth/invitation", { token }).then((answer) => (answer.ok ? setWho(answer.said) : setOver(answer.said.detail)));
  }, [token]);

  const save = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (password !== again) return setProblem("The password was typed in two different ways.");
    setBusy(true);
    const answer = await send("/auth/invitation/accept", { token, password });
    setBusy(false);
    if (answer.ok) window.location.assign(answer.said.home);
    else setProblem(answer.said.problems?.password ?? answer.said.detail);
  };

  if (over) return h("p", { className: "login-problem", role: "alert" }, over);
  if (!who) return h("p", { className: "mute", role: "status" }, "One moment …");
  return h(
    "form",
    { className, onSubmit: save },
    h("p", null, `Welcome, ${who.name}. Choose a password; you sign in with it as `, h("b", null, who.username), "."),
    h("input", { type: "hidden", autoComplete: "username", value: who.username, readOnly: true }),
    h(Text, { label: "Password, 10 characters or more", value: password, onType: setPassword, type: "password", autoComplete: "new-password", autoFocus: true, problem }),
    h(Text, { label: "Password again", value: again, onType: setAgain, type: "password", autoComplete: "new-password" }),
    h("button", { type: "submit", className: "button button-primary login-button", disabled: busy || !password }, "Begin"),
  );
}

// For an account without a password: a new link, shown here and nowhere else.
export function InviteButton({ subject, className }) {
  const [made, setMade] = useState(null);
  const [said, setSaid] = useState("");
  const ask = async () => {
    const answer = await send("/auth/invitation/make", { person_id: subject });
    if (answer.ok) setMade(answer.said.invitations);
    else setSaid(answer.said.detail);
  };
  if (made) return h(Links, { invitations: made });
  return h("span", null, h("button", { type: "button", className, onClick: ask }, "Invitation link"), said && h("span", { className: "field-problem", role: "alert" }, said));
}

// ``roles`` are those that whoever adds may give.
export function AddPerson({ className, roles, onAdded }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [person, setPerson] = useState(NEW.staff);
  const [problems, setProblems] = useState({});
  const [said, setSaid] = useState("");
  const [made, setMade] = useState(null);
  const put = (name, value) => setPerson({ ...person, [name]: value });
  const save = async (event) => {
    event.preventDefault();
    const answer = await send("/auth/people", person);
    const found = answer.said.problems ?? {};
    setProblems(found);
    setSaid(answer.ok || Object.keys(found).length === 1 ? "" : answer.said.detail);
    if (!answer.ok) return;
    setMade(answer.said.invitations);
    setPerson(NEW.staff);
    setOpen(false);
    onAdded?.();
  };
  const fields = [
    { name: "name", label: "Name" },
    { name: "username", label: "User name", autoCapitalize: "none" },
    { name: "role", label: "Role", options: ROLES.filter(([role]) => !roles?.length || roles.includes(role)) },
    ...(person.role === "driver" ? [{ name: "vehicle", label: "Vehicle", options: [["", "Choose"], ...VEHICLES] }] : []),
    { name: "phone", label: "Phone", type: "tel" },
    { name: "email", label: "E-mail, if any", type: "email" },
    { name: "password", label: "Password, if any", type: "password", autoComplete: "new-password" },
  ];
  return h(
    "div",
    { className, id },
    made?.length ? h(Links, { invitations: made }) : null,
    open
      ? h(
          "form",
          { onSubmit: save, noValidate: true },
          h(Row, { word: "New person", fields, values: person, problemOf: (name) => problems[name], onType: put, onRemove: () => setOpen(false), removes: "Cancel" }),
          h("p", { className: "field-hint" }, "Without a password you get a link to send them, by which they choose their own. Therapists and drivers begin with the opening hours."),
          said && h("p", { className: "field-problem", role: "alert" }, said),
          h("button", { type: "submit", className: "button button-primary button-small" }, "Add"),
        )
      : h("button", { type: "button", className: "button button-small", onClick: () => setOpen(true) }, "Add somebody"),
  );
}
