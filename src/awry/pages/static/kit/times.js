// Times in the viewer's zone, with the site's beside it where they differ; ages that go on.
import { _, language } from "./words.js";

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const site = document.documentElement.dataset.zone || here;
const made = new Map();

function format(zone, options) {
  const key = JSON.stringify([zone, options]);
  if (!made.has(key)) {
    made.set(key, new Intl.DateTimeFormat(language, { timeZone: zone, ...options }));
  }
  return made.get(key);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const DAY = { weekday: "short", day: "numeric", month: "short" };
const LONG = { ...DAY, year: "numeric", ...CLOCK };
const day = (date, zone) =>
  format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(date);

/** A moment for people; `at` in seconds since 1970. */
export function moment(at, { zone = here, now = Date.now() / 1000 } = {}) {
  const date = new Date(at * 1000);
  if (Number.isNaN(date.getTime())) return "–";
  const today = day(date, zone) === day(new Date(now * 1000), zone);
  return format(zone, today ? CLOCK : { ...DAY, ...CLOCK }).format(date);
}

/** The same in full, with the site's time where the viewer's clock shows another one. */
export function both(at) {
  const date = new Date(at * 1000);
  const mine = format(here, LONG).format(date);
  const theirs = format(site, LONG).format(date);
  return mine === theirs ? mine : _("%(mine)s (%(theirs)s in %(zone)s)", { mine, theirs, zone: site });
}

/** Whether the site's clock shows another time than the viewer's at a moment. */
export const differs = (at) =>
  format(here, LONG).format(at * 1000) !== format(site, LONG).format(at * 1000);

/** A length of time for people, from seconds; it is not broken between lines. */
export const length = (seconds) => lasted(Math.max(0, Math.round(seconds))).replaceAll(" ", "\u00a0");

function lasted(whole) {
  if (whole < 60) return _("%(s)s s", { s: whole });
  if (whole < 3600 && whole % 60 === 0) return _("%(m)s min", { m: whole / 60 });
  if (whole < 3600) return _("%(m)s min %(s)s s", { m: Math.floor(whole / 60), s: whole % 60 });
  if (whole < 172800) {
    return _("%(h)s h %(m)s min", { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
  }
  return _("%(d)s days", { d: Math.floor(whole / 86400) });
}

/** `<awry-time at="SECONDS">`: a moment, the site's clock beside it where it differs. */
class Time extends HTMLElement {
  static observedAttributes = ["at"];

  connectedCallback() {
    this.show();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.show();
  }

  show() {
    const at = Number(this.getAttribute("at"));
    if (!this.hasAttribute("at") || !Number.isFinite(at)) {
      this.textContent = "–";
      return;
    }
    this.textContent = moment(at);
    this.title = both(at);
    if (differs(at)) {
      const aside = document.createElement("small");
      aside.textContent = ` ${moment(at, { zone: site })} ${site}`;
      this.append(aside);
    }
  }
}

/** `<awry-age since="SECONDS">`: how long ago, counting on. */
class Age extends HTMLElement {
  connectedCallback() {
    this.show();
    this.timer = setInterval(() => this.show(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show() {
    const since = Number(this.getAttribute("since"));
    const text = this.hasAttribute("since") ? length(Date.now() / 1000 - since) : "–";
    if (this.textContent !== text) this.textContent = text;
  }
}

customElements.define("awry-time", Time);
customElements.define("awry-age", Age);
