// The firm's wall clock in the browser: ``2026-11-28T21:30`` counts as if it were UTC, so the browser's own time zone and its clock changes never come in.
// A business day begins when the firm says; what is later shown as a column or a cell is that day, with its hours past midnight at its end.
const MINUTE = 60000;
const DAY = 1440;
const EPOCH = 719163; // 1970-01-01, counted as Python counts days.

export const ms = (wall) => Date.parse(`${wall.length === 10 ? `${wall}T00:00` : wall}:00Z`);
export const wall = (at) => new Date(at).toISOString().slice(0, 16);
export const plus = (said, minutes) => wall(ms(said) + minutes * MINUTE);
export const plusDays = (day, days) => plus(day, days * DAY).slice(0, 10);
export const minutesBetween = (from, to) => Math.round((ms(to) - ms(from)) / MINUTE);
export const minutesOf = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
export const clockOf = (said) => said.slice(11, 16);
const two = (number) => String(number).padStart(2, "0");
export const clock = (minutes) => `${two(Math.floor((((minutes % DAY) + DAY) % DAY) / 60))}:${two(((minutes % 60) + 60) % 60)}`;

// The business day a wall clock belongs to.
export const eveningOf = (said, dayStarts) => plus(said, -minutesOf(dayStarts)).slice(0, 10);
// Where it stands in that day, as if the day began at midnight; and back.
export const shifted = (said, dayStarts) => plus(said, -minutesOf(dayStarts));
export const unshifted = (said, dayStarts) => plus(said, minutesOf(dayStarts));

export const mondayOf = (day) => plusDays(day, -((new Date(ms(day)).getUTCDay() + 6) % 7));
export const weekTopic = (day) => `week:${ms(mondayOf(day)) / (DAY * MINUTE) + EPOCH}`;
export const monthTopic = (day) => `month:${Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1}`;
export const monthPlus = (day, months) => {
  const at = new Date(ms(`${day.slice(0, 7)}-01`));
  at.setUTCMonth(at.getUTCMonth() + months);
  return wall(at).slice(0, 10);
};

const said = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  return (day) => format.format(ms(day)).replace(",", "");
};
export const dayWords = said({ weekday: "short", day: "numeric", month: "short" });
export const longDay = said({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const monthWords = said({ month: "long", year: "numeric" });
export const weekday = said({ weekday: "short" });

// How far the firm's clock is from UTC now, in minutes.
export const offsetOf = (zone, at = Date.now()) => {
  const parts = {};
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone || "UTC", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  for (const { type, value } of format.formatToParts(at)) parts[type] = value;
  const there = ms(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`);
  // What the format says has no seconds.
  return Math.round((there - Math.floor(at / MINUTE) * MINUTE) / MINUTE);
};
export const wallNow = (zone) => wall(Date.now() + offsetOf(zone) * MINUTE);

// ``21:30``, or ``Sat 00:30`` when the date is no longer that of the evening.
export const clockIn = (said, evening) => (said.slice(0, 10) === evening ? clockOf(said) : `${weekday(said)} ${clockOf(said)}`);
