/** Dates of the Gregorian calendar without the host's Date, which the core keeps away from. */
export interface CivilTime {
  year: number;
  /** 1..12 */
  month: number;
  /** 1..31 */
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 0 is Sunday. */
  weekday: number;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : MONTH_DAYS[month - 1];
}

/** Days from 1 January of year 1 to 1 January of `year`. */
function daysBeforeYear(year: number): number {
  const y = year - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
}

const DAYS_BEFORE_1970 = daysBeforeYear(1970);

export function toUnixSeconds(time: CivilTime): number {
  let days = daysBeforeYear(time.year) - DAYS_BEFORE_1970 + time.day - 1;
  for (let month = 1; month < time.month; month++) days += daysInMonth(time.year, month);
  return ((days * 24 + time.hour) * 60 + time.minute) * 60 + time.second;
}

export function fromUnixSeconds(seconds: number): CivilTime {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  let year = 1970 + Math.floor(days / 366);
  while (daysBeforeYear(year + 1) - DAYS_BEFORE_1970 <= days) year++;
  while (daysBeforeYear(year) - DAYS_BEFORE_1970 > days) year--;
  let day = days - (daysBeforeYear(year) - DAYS_BEFORE_1970);
  let month = 1;
  while (day >= daysInMonth(year, month)) day -= daysInMonth(year, month++);
  return {
    year,
    month,
    day: day + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}
