// A short tone when something new needs somebody. Browsers allow sound only after the person has touched the page, so nothing is tried before.
import { createElement as h, useEffect, useRef, useSyncExternalStore } from "react";

const PLACE = "guitara:muted";
const AGAIN_MS = 6000;
const CALL = { notes: [880, 660], each: 0.16, wave: "sine", loud: 0.16 };
const HELP = { notes: [1040, 780, 1040, 780], each: 0.2, wave: "triangle", loud: 0.3 };

const listeners = new Set();
let sounds;

const isMuted = () => {
  try {
    return localStorage.getItem(PLACE) === "1";
  } catch {
    return false;
  }
};
const mute = (on) => {
  try {
    if (on) localStorage.setItem(PLACE, "1");
    else localStorage.removeItem(PLACE);
  } catch {
    // Without storage it stays as loud as it was.
  }
  listeners.forEach((listener) => listener());
};
const subscribe = (listener) => {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
};

const wake = () => {
  const Audio = window.AudioContext ?? window.webkitAudioContext;
  if (!Audio) return;
  sounds ??= new Audio();
  if (sounds.state === "suspended") sounds.resume();
};

const play = ({ notes, each, wave, loud }) => {
  if (!sounds || sounds.state !== "running") return;
  notes.forEach((pitch, index) => {
    const starts = sounds.currentTime + index * each;
    const tone = sounds.createOscillator();
    const volume = sounds.createGain();
    tone.type = wave;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, starts);
    volume.gain.linearRampToValueAtTime(loud, starts + 0.02);
    volume.gain.linearRampToValueAtTime(0, starts + each);
    tone.connect(volume).connect(sounds.destination);
    tone.start(starts);
    tone.stop(starts + each);
  });
};

export function AlarmSound({ entries, loud, quiet, ...props }) {
  const muted = useSyncExternalStore(subscribe, isMuted, () => false);
  const known = useRef(null);
  const open = entries.filter((entry) => !entry.handler);
  const help = open.some((entry) => entry.kind === "panic");

  useEffect(() => {
    window.addEventListener("pointerdown", wake);
    window.addEventListener("keydown", wake);
    return () => {
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
    };
  }, []);

  useEffect(() => {
    const before = known.current;
    // What somebody is handling already stays known, so that letting go of it makes no noise.
    known.current = new Set(entries.filter((entry) => entry.tone === "alarm").map((entry) => entry.key));
    if (!before || muted) return;
    if (open.some((entry) => entry.tone === "alarm" && entry.kind !== "panic" && !before.has(entry.key))) play(CALL);
  }, [entries]);

  // Nobody may mute somebody who calls for help: that ends when one of the desks takes it.
  useEffect(() => {
    if (!help) return undefined;
    play(HELP);
    const timer = setInterval(() => play(HELP), AGAIN_MS);
    return () => clearInterval(timer);
  }, [help]);

  return h(
    "button",
    {
      ...props,
      type: "button",
      "aria-pressed": muted,
      title: muted ? "Sound is off, except for calls for help" : "Sound is on",
      "data-mute": true,
      onClick: () => mute(!muted),
    },
    muted ? quiet : loud,
    h("span", { className: "unseen" }, "Mute"),
  );
}
