// The clock on the wall of the site, for axis and words.
import { language } from "../../kit/words.js";

export class Clock {
  #parts;
  #hours;
  #seconds;

  constructor(zone) {
    const made = (options) => new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: "h23", ...options });
    this.zone = zone;
    this.#parts = new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
    this.#hours = made({ hour: "2-digit", minute: "2-digit" });
    this.#seconds = made({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  /** `{hour, minute}` of a moment. */
  wall = (at) => {
    const [hour, minute] = this.#parts.format(at * 1000).split(":").map(Number);
    return { hour, minute };
  };

  /** A label of the axis. */
  label = (at, step) => (step < 60 ? this.#seconds : this.#hours).format(at * 1000);

  /** A moment to the second. */
  full = (at) => this.#seconds.format(at * 1000);
}
