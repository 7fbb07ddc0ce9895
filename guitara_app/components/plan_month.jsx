// The visits of a month as a week has them: they come in few letters and by number, because there are thousands.
import { clock, plusDays } from "./plan_time.jsx";

const DAY = 1440;

// What was made of a row is as good as new while the row is the same, and the names are.
export const unpacker = () => {
  let [known, made] = [{}, new WeakMap()];
  return (plan) => {
    const { first, names, services, zones, states, movable } = plan;
    const tables = { first, names, services, zones, states, movable };
    if (Object.entries(tables).some(([name, table]) => known[name] !== table)) [known, made] = [tables, new WeakMap()];
    const days = new Map();
    const day = (number) => {
      if (!days.has(number)) days.set(number, plusDays(first, number));
      return days.get(number);
    };
    const wall = (of, minutes) => `${day(of + Math.floor(minutes / DAY))}T${clock(minutes)}`;
    const moving = new Set(movable);
    const seat = (answer) => (id) => ({ person_id: id, name: names[id] ?? "", answer });
    const unpack = (row) => ({
      id: row.id,
      evening: day(row.d),
      starts: wall(row.d, row.a),
      ends: wall(row.d, row.b),
      state: states[row.s],
      client: row.c,
      services: row.v.map((id) => services[id]).filter(Boolean).join(" + "),
      place: "",
      zone: zones[row.z] ?? "",
      repeats: Boolean(row.r),
      movable: moving.has(states[row.s]),
      seats: [...(row.p ?? []).map(seat("accepted")), ...(row.o ?? []).map(seat("released"))],
    });
    return plan.visits.map((row) => {
      if (!made.has(row)) made.set(row, unpack(row));
      return made.get(row);
    });
  };
};
