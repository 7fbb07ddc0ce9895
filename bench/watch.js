// The stopwatch inside the page: started by the click itself, stopped by the frame that shows what was waited for.
(() => {
  let pressed = 0;
  let done = null;
  let told = {};
  addEventListener("pointerup", () => { pressed = performance.now(); told = {}; }, true);

  // What the server has pushed since then, by scope.
  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({ data }) => {
        for (const [, scope] of String(data).matchAll(/"scope_rx_state_":"([^"]+)"/g)) told[scope] ??= performance.now();
      });
    }
  };

  // What never comes ends the measurement with a sentence.
  const painted = (ready) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("what was waited for did not come within a minute")), 60000);
    const look = () => (ready() ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0)) : requestAnimationFrame(look));
    look();
  });

  window.watch = {
    told: (scope) => scope in told,
    // From the next message about ``scope`` to the frame in which it is ``ready``.
    next(scope, ready) {
      told = {};
      done = painted(() => scope in told && ready()).then((at) => at - told[scope]);
      return true;
    },
    async lasted() { return await done; },
    until(ready) {
      const before = pressed;
      done = painted(() => pressed > before && ready());
      return true;
    },
    async took() { return (await done) - pressed; },
    since_start: (selector) => painted(() => document.querySelector(selector)),
  };
})();
