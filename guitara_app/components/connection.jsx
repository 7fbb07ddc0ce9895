// Whether this page hears the server, in words. A server that closes the connection on purpose has ended the session, or is being replaced.
import { createElement as h, useContext, useEffect, useSyncExternalStore } from "react";
import { EventLoopContext, eventLoop } from "$/utils/context-registry";
import { reconnect, watch } from "./comeback.jsx";

const RETRY_MS = 1500;
const listeners = new Set();
let socket = "connecting";
let offline = false;
let wasLive = false;

const current = () => (offline ? "lost" : socket);

const tell = () => listeners.forEach((listener) => listener());

const become = (next) => {
  socket = next;
  wasLive ||= next === "live";
  tell();
};

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const comeBack = async () => {
  try {
    const answer = await fetch("/api/v1/me", { headers: { accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) {
      window.location.assign(`/login?next=${encodeURIComponent(window.location.pathname)}`);
      return;
    }
    // Asking for nothing is enough to make the event loop connect again.
    eventLoop.addEvents([]);
  } catch {
    // The server is away altogether.
  }
  setTimeout(() => socket !== "live" && comeBack(), RETRY_MS);
};

if (typeof window !== "undefined") {
  // The event loop tells only this hook when the connection ends, and why.
  const others = window.__reflex_otel;
  window.__reflex_otel = {
    ...others,
    onSocketConnect: () => {
      others?.onSocketConnect?.();
      become("live");
    },
    onSocketDisconnect: (reason) => {
      others?.onSocketDisconnect?.(reason);
      become("lost");
      if (reason === "io server disconnect") comeBack();
    },
  };
  const network = (lost) => () => {
    offline = lost;
    tell();
    // Also when nobody has noticed a loss: what was connected over another network is no more.
    if (!lost) reconnect();
  };
  window.addEventListener("offline", network(true));
  window.addEventListener("online", network(false));
}

// Before it was live for the first time the event loop may not be there to be asked; it connects by itself then.
watch(() => wasLive && socket !== "live" && !offline);

export const useConnection = () => {
  const errors = useContext(EventLoopContext)?.[1] ?? [];
  const known = useSyncExternalStore(subscribe, current, () => "connecting");
  return errors.length > 0 ? "lost" : known;
};

const WORDS = { connecting: "Connecting", live: "Live", lost: "Reconnecting" };

// A person notices a tap that takes this long.
const SLOW_MS = 500;

export function Connection({ hydrated, roundTrip = 0, className = "" }) {
  const connection = useConnection();
  // A page whose script arrived after the socket had connected was told nothing; but then it was sent its state.
  useEffect(() => {
    if (hydrated && socket === "connecting") become("live");
  }, [hydrated]);
  return h(
    "span",
    {
      className: `live ${className}`,
      "data-connection": connection,
      "data-slow": roundTrip >= SLOW_MS,
      title: roundTrip ? `A message takes ${roundTrip} ms to the server and back.` : undefined,
    },
    h("span", { className: "dot", "aria-hidden": true }),
    h("span", { role: "status" }, connection === "live" && roundTrip >= SLOW_MS ? "Slow connection" : WORDS[connection]),
    connection === "live" && roundTrip > 0 && h("span", { className: "round-trip num" }, `${roundTrip} ms`),
  );
}

export function Lost() {
  if (useConnection() !== "lost") return null;
  return h("div", { className: "lost", role: "alert" }, "Reconnecting. What you see may be old; nothing you typed is lost.");
}
