// Where somebody is in a plan: which view, which day, what is filtered. It stands in the address, so a reload or a link shows the same.
import { useCallback, useState } from "react";
import { ms, plusDays } from "./plan_time.jsx";

const LISTS = ["people", "services", "zones", "states"];

const isDay = (said) => /^2\d{3}-\d{2}-\d{2}$/.test(said) && !Number.isNaN(ms(said)) && plusDays(said, 0) === said;

const read = (views) => {
  const query = new URLSearchParams(typeof window === "undefined" ? "" : window.location.search);
  const place = { view: views.includes(query.get("view")) ? query.get("view") : "", on: isDay(query.get("on") ?? "") ? query.get("on") : "" };
  // Commas stand between them, so a name may hold none.
  for (const list of LISTS) place[list] = (query.get(list) ?? "").split(",").filter(Boolean);
  return place;
};

const write = (place) => {
  const query = new URLSearchParams();
  if (place.view) query.set("view", place.view);
  if (place.on) query.set("on", place.on);
  for (const list of LISTS) if (place[list].length) query.set(list, place[list].join(","));
  const said = query.toString();
  window.history.replaceState(window.history.state, "", `${window.location.pathname}${said ? `?${said}` : ""}`);
};

export function usePlanPlace(views) {
  const [place, setPlace] = useState(() => read(views));
  const go = useCallback(
    (patch) =>
      setPlace((before) => {
        const after = { ...before, ...patch };
        write(after);
        return after;
      }),
    [],
  );
  return [place, go];
}

export const isFiltered = (place) => LISTS.some((list) => place[list].length > 0);
export const NO_FILTERS = Object.fromEntries(LISTS.map((list) => [list, []]));
const live = (seat) => seat.answer === "offered" || seat.answer === "accepted";
export const liveSeats = (visit) => (visit.seats.some(live) ? visit.seats.filter(live) : visit.seats);
export const servicesOf = (visit) => visit.services.split(" + ").filter(Boolean);

// Whether a visit passes: within a list any will do, and every list must be passed.
export const passes = (place) => {
  const { people, services, zones, states } = Object.fromEntries(LISTS.map((list) => [list, new Set(place[list])]));
  return (visit) =>
    (!people.size || visit.seats.some((seat) => people.has(String(seat.person_id)))) &&
    (!services.size || servicesOf(visit).some((name) => services.has(name))) &&
    (!zones.size || zones.has(visit.zone)) &&
    (!states.size || states.has(visit.state));
};
