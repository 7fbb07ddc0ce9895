// Whether this page hears the server, in words. A server that closes the connection on purpose has ended the session, or is being replaced.
import { createElement as h, useContext, useEffect, useSyncExternalStore } from "react";
import { EventLoopContext, eventLoop } from "$/utils/context-registry";

const RETRY_MS = 1500;
const listeners = new Set();
let socket = "connecting";
let offline = false;

const current = () => (offline ? "lost" : socket);

const tell = () => listeners.forEach((listener) => listener());

const become = (next) => {
  socket = next;
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
    if (!lost && socket === "lost") eventLoop.addEvents([]);
  };
  window.addEventListener("offline", network(true));
  window.addEventListener("online", network(false));
}

export const useConnection = () => {
  const errors = useContext(EventLoopContext)?.[1] ?? [];
  const known = useSyncExternalStore(subscribe, current, () => "connecting");
  return errors.length > 0 ? "lost" : known;
};

const WORDS = { connecting: "Connecting", live: "Live", lost: "Reconnecting" };

export function Connection({ hydrated, className = "" }) {
  const connection = useConnection();
  // A page whose script arrived after the socket had connected was told nothing; but then it was sent its state.
  useEffect(() => {
    if (hydrated && socket === "connecting") become("live");
  }, [hydrated]);
  return h(
    "span",
    { className: `live ${className}`, "data-connection": connection, role: "status" },
    h("span", { className: "dot", "aria-hidden": true }),
    WORDS[connection],
  );
}

export function Lost() {
  if (useConnection() !== "lost") return null;
  return h("div", { className: "lost", role: "alert" }, "Reconnecting. What you see may be old; nothing you typed is lost.");
}
