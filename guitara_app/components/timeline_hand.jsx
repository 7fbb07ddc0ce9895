// What mouse and finger do with a timeline's blocks.
const FAR_ENOUGH = 4;
const SIDEWAYS = 14;
const LONG_PRESS_MS = 350;
const UNSTEADY = 10;

// A finger takes only what was chosen before, or what it rests on, so that it can still push the chart about.
export const listen = (board) => {
  const { stick, scroll } = board.nodes;
  let press = null;
  let pushed = false;
  let rest = null;
  const lift = () => {
    clearTimeout(rest?.timer);
    rest = null;
  };
  // The browser would scroll the rows with what is in the hand, or offer a menu for what a finger rests on.
  const still = (event) => (event.type === "touchmove" ? press : press || rest) && event.cancelable && event.preventDefault();
  const take = () => {
    pushed = true;
    if (!board.pick(press.id)) {
      press = null;
      board.tell({ say: "This cannot be moved any more. Open it to see what can be done." });
      return;
    }
    stick.setPointerCapture(press.pointer);
    stick.dataset.dragging = "true";
  };
  const down = (event) => {
    const id = event.target.closest?.("[data-block]")?.dataset.block;
    pushed = false;
    lift();
    if (!id || event.button) return;
    const at = { id, x: event.clientX, y: event.clientY, at: board.chart.timeAt(event.clientX), pointer: event.pointerId };
    // On the block itself: what is drawn anew meanwhile is still what the finger is on.
    if (event.pointerType === "touch") event.target.addEventListener("touchmove", still, { passive: false });
    if (event.pointerType === "touch" && !board.marks.chosen.has(id)) {
      const resting = () => {
        [press, rest] = [at, null];
        take();
        if (board.taken) navigator.vibrate?.(10);
      };
      rest = { ...at, timer: setTimeout(resting, LONG_PRESS_MS) };
      return;
    }
    // vis would push the whole chart.
    event.stopPropagation();
    press = at;
  };
  const move = (event) => {
    if (rest && Math.hypot(event.clientX - rest.x, event.clientY - rest.y) >= UNSTEADY) lift();
    if (!press || event.pointerId !== press.pointer) return;
    const across = event.clientX - press.x;
    if (!pushed) {
      if (Math.hypot(across, event.clientY - press.y) < FAR_ENOUGH) return;
      take();
    }
    if (!board.taken) return;
    event.stopPropagation();
    const row = board.chart.rowAt(event.clientY);
    const elsewhere = row && row.id !== board.taken.lead.row && row.kind === "person";
    const far = !elsewhere || Math.abs(across) > SIDEWAYS;
    const shift = far ? Math.round((board.chart.timeAt(event.clientX) - press.at) / board.step) * board.step : 0;
    board.carry(shift, row);
    board.tell({ at: { x: event.clientX, y: event.clientY } });
    board.creep(event);
  };
  const up = (event) => {
    lift();
    if (!press || event.pointerId !== press.pointer) return;
    const { id } = press;
    press = null;
    delete stick.dataset.dragging;
    if (board.taken && !board.taken.moving) {
      board.cancel();
      board.choose([id]);
    } else if (board.taken) event.type === "pointerup" ? board.drop() : board.cancel();
  };
  const click = (event) => {
    const id = event.target.closest?.("[data-block]")?.dataset.block;
    if (pushed) {
      pushed = false;
      return;
    }
    if (!id) {
      if (board.marks.chosen.size && event.target.closest(".vis-center")) board.choose([]);
      return;
    }
    board.marks.active = id;
    if (event.ctrlKey || event.metaKey || event.shiftKey) board.choose([id], { add: true });
    else if (event.pointerType === "touch") board.choose([id], { add: board.marks.chosen.size > 0 });
    else board.onOpen(board.block(id).visit_id);
  };
  const wheel = (event) => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (!sideways || event.ctrlKey) return;
    event.preventDefault();
    const [from, to] = board.chart.window;
    const by = (sideways / 1200) * (to - from);
    board.chart.show(from + by, to + by);
  };
  const keys = (event) => board.key(event) && event.preventDefault();
  const undoing = [
    ["pointerdown", down, true],
    ["pointermove", move, true],
    ["pointerup", up, false],
    ["pointercancel", up, false],
    ["click", click, false],
  ];
  undoing.forEach(([name, listener, capture]) => stick.addEventListener(name, listener, capture));
  stick.addEventListener("wheel", wheel, { passive: false });
  stick.addEventListener("contextmenu", still);
  scroll.addEventListener("keydown", keys);
  return () => {
    undoing.forEach(([name, listener, capture]) => stick.removeEventListener(name, listener, capture));
    stick.removeEventListener("wheel", wheel);
    stick.removeEventListener("contextmenu", still);
    lift();
    scroll.removeEventListener("keydown", keys);
  };
};
