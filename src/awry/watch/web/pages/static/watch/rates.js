// Budgets and rates as people say them.
import { _, language, ngettext } from "../kit/words.js";

const figures = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

/** A number, rounded to two figures. */
export const rounded = (value) => figures.format(value);

/** A number as it is, with a decimal at most. */
export const counted = (value) => whole.format(value);

/** A budget such as `2/day` or `0.25/week` in words; one that is of no such form as it is. */
export function named(budget) {
  const [text, unit] = budget.split("/");
  const alarms = Number(text);
  if (!(alarms > 0)) return budget;
  if (unit === "week" && alarms < 1 && Number.isInteger(1 / alarms)) {
    return _("1 alarm in %(weeks)s weeks", { weeks: counted(1 / alarms) });
  }
  const values = { alarms: counted(alarms) };
  const count = alarms === 1 ? 1 : 2;
  switch (unit) {
    case "minute":
      return ngettext("%(alarms)s alarm a minute", "%(alarms)s alarms a minute", count, values);
    case "hour":
      return ngettext("%(alarms)s alarm an hour", "%(alarms)s alarms an hour", count, values);
    case "day":
      return ngettext("%(alarms)s alarm a day", "%(alarms)s alarms a day", count, values);
    case "week":
      return ngettext("%(alarms)s alarm a week", "%(alarms)s alarms a week", count, values);
    default:
      return budget;
  }
}
