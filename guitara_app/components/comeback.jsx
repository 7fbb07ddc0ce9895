// Comes back sooner than the event loop does by itself. That one waits up to two seconds between its tries and twenty for one that hangs, and
// does not notice for half a minute that a phone which slept or changed its network is connected to nobody.
import { Manager } from "socket.io-client";
import { app, eventLoop } from "$/utils/context-registry";

const GIVE_UP_MS = 5000;
const RETRY_MS = 600;
const EAGER_MS = 60000;
// The server is heard every ten seconds at least.
const SILENCE_MS = 13000;
// What came in while the page slept is delivered after it wakes.
const WAKING_MS = 300;
const AGAIN_MS = 1000;

let manager = null;
let heardAt = 0;
let again = 0;

const hear = () => {
  heardAt = Date.now();
};

// The event loop tells nobody its socket.
const open = Manager.prototype.open;
Manager.prototype.open = function openKnown(done) {
  if (manager !== this) {
    manager = this;
    ["open", "ping", "packet"].forEach((sign) => this.on(sign, hear));
    this.timeout(GIVE_UP_MS);
  }
  return open.call(this, done);
};

// Now, whatever becomes of the connection or of the attempt there is.
export const reconnect = () => {
  manager?.engine?.close();
  // Asking for nothing is enough to make the event loop connect again.
  eventLoop.addEvents([]);
};

const soon = (wait) => wait * (0.7 + 0.6 * Math.random());

// While ``lost`` says so, and somebody looks: at short intervals for a minute, then at the event loop's own.
export const watch = (lost) => {
  if (typeof window === "undefined") return;
  let since = 0;
  const look = () => {
    since = lost() ? since || Date.now() : 0;
    if (since && Date.now() - since < EAGER_MS && document.visibilityState === "visible") eventLoop.addEvents([]);
    setTimeout(look, soon(RETRY_MS));
  };
  look();
  const wake = () => {
    if (document.visibilityState !== "visible") return;
    setTimeout(() => heardAt && Date.now() - heardAt > SILENCE_MS && reconnect(), WAKING_MS);
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pageshow", wake);
  // The server could not fill this page when it asked, and nothing else would make it ask again. Not all at the same moment.
  window.addEventListener("guitara:again", () => {
    clearTimeout(again);
    again = setTimeout(() => eventLoop.addEvents(app.initialEvents(false)), soon(AGAIN_MS));
  });
};
