// `<awry-learning camera="NAME">`: how far a new camera is; shows nothing once it has a detector.
import { get } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { length, moment } from "../kit/times.js";
import { _, language } from "../kit/words.js";

const AGAIN_MS = 60_000;

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** A moment of today or tomorrow as people say it, e.g. `tomorrow, 14:00`. */
function soon(at, now) {
  const midnight = (seconds) => new Date(seconds * 1000).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at) - midnight(now)) / 86_400_000);
  if (days > 1) return moment(at);
  const day = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
  return `${day}, ${new Intl.DateTimeFormat(language, CLOCK).format(new Date(at * 1000))}`;
}

/** The sentences for what the API says of a camera; pure, `now` in seconds since 1970. */
export function words({ learning, since, until, seconds, fitting }, now) {
  if (!learning) return "";
  if (fitting) return _("It has learned enough; its detector is being made now. That takes some minutes, then it alarms by itself.");
  if (since === null) return _("It learns for %(length)s, as soon as pictures come.", { length: length(seconds) });
  if (until === null || until <= now) return _("It is about to make its detector; then it alarms by itself.");
  return _("It learns what is usual here until %(until)s: %(left)s are left. Then it makes its detector, and alarms by itself.", {
    until: soon(until, now),
    left: length(until - now),
  });
}

class Learning extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.ends = hear("state", () => this.show());
    this.timer = setInterval(() => this.show(), AGAIN_MS);
    this.show();
  }

  disconnectedCallback() {
    this.ends();
    clearInterval(this.timer);
  }

  async show() {
    let found;
    try {
      found = await get(`/api/v1/cameras/${encodeURIComponent(this.getAttribute("camera"))}/learning`);
    } catch {
      return; // the state beside it says what is wrong
    }
    const text = words(found, Date.now() / 1000);
    this.hidden = text === "";
    this.className = "notice learning";
    if (!text) return;
    const said = document.createElement("p");
    said.textContent = text;
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", _("Learned so far"));
    if (found.since !== null && !found.fitting) {
      bar.value = Math.min(1, (Date.now() / 1000 - found.since) / found.seconds);
    }
    this.replaceChildren(said, bar);
  }
}

customElements.define("awry-learning", Learning);
