// Chooses what a file is about and the file, sends it, and says how far it is. What was chosen stays when it is refused.
import { createElement as h, useRef, useState } from "react";

const FORMS = [".csv", ".txt", ".xlsx"];

export function FileSender({ subjects = [], most = 0, onSent }) {
  const [subject, setSubject] = useState("");
  const [said, setSaid] = useState({ words: "", problem: "" });
  const [percent, setPercent] = useState(-1);
  const file = useRef(null);
  const about = subject || subjects[0]?.value || "";

  const refused = (sent) => {
    if (!sent) return "Choose a file first.";
    if (!FORMS.some((form) => sent.name.toLowerCase().endsWith(form))) return "Choose a CSV or Excel file (.csv, .xlsx).";
    if (most && sent.size > most) return `A file has at most ${Math.floor(most / 2 ** 20)} MB. Split it into several.`;
    return "";
  };

  const send = (event) => {
    event.preventDefault();
    const sent = file.current.files[0];
    const problem = refused(sent);
    setSaid({ words: "", problem });
    if (problem) return;
    const body = new FormData();
    body.append("file", sent);
    // Not fetch: only this tells how much of a file has left.
    const request = new XMLHttpRequest();
    const over = (answer) => {
      setPercent(-1);
      setSaid({ words: "", problem: "", ...answer });
    };
    request.open("POST", `/import/file/${about}`);
    request.upload.onprogress = (event) => event.lengthComputable && setPercent(Math.round((100 * event.loaded) / event.total));
    request.onerror = () => over({ problem: "No connection. The file is still chosen; send it again in a moment." });
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // A proxy has answered.
      }
      if (request.status !== 201) return over({ problem: answer.detail || "This file could not be taken. Choose another, or try again." });
      over({ words: "The file is here." });
      onSent?.();
    };
    setPercent(0);
    request.send(body);
  };

  const sending = percent >= 0;
  return h(
    "form",
    { className: "sender", onSubmit: send },
    h(
      "fieldset",
      { className: "sender-about" },
      h("legend", { className: "field-label" }, "What the file holds"),
      subjects.map((one) =>
        h(
          "label",
          { className: "check", key: one.value },
          h("input", { type: "radio", name: "about", value: one.value, checked: about === one.value, onChange: () => setSubject(one.value) }),
          one.label,
        ),
      ),
    ),
    h(
      "div",
      { className: "field" },
      h("label", { className: "field-label", htmlFor: "sender-file" }, "CSV or Excel file"),
      h("input", { id: "sender-file", ref: file, type: "file", accept: FORMS.join(","), className: "input", onChange: () => setSaid({ words: "", problem: "" }) }),
    ),
    h("button", { type: "submit", className: "button button-primary", disabled: sending }, sending ? `Sending, ${percent} %` : "Send and look at it"),
    h("p", { className: "field-hint", role: "status" }, percent === 100 ? "Reading the first rows" : said.words),
    h("p", { className: "field-problem", role: "alert" }, said.problem),
  );
}
