// Places that alarm nobody for a while: asked for at an event, listed by `<awry-snoozes camera="NAME">`, ended.
import { get, may, post, remove } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { moment } from "../kit/times.js";
import { toast, tried } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";
import { ask, choices, field } from "./dialog.js";
import { drawn, element } from "./made.js";

const LASTS = { "1h": 3600, "8h": 28800, tomorrow: "tomorrow", always: null };

/** Ask for how long the place of an event is to alarm nobody; `share`: percent of the picture. */
export function snooze(uid, camera, share) {
  const lasts = choices(_("For how long?"), "lasts", [
    ["1h", _("1 hour")],
    ["8h", _("8 hours")],
    ["tomorrow", _("Until tomorrow, 6:00")],
    ["always", _("For good, until somebody ends it")],
  ], "1h");
  const text = element("p");
  text.textContent = share
    ? _("What happens in this place of %(camera)s alarms nobody. It is stored as ever. The place is %(share)s percent of the picture.", { camera, share })
    : _("It is not known where this event was, so that all of %(camera)s alarms nobody. It is stored as ever.", { camera });
  const parts = [text];
  if (!share || Number(share) > 50) {
    const warning = element("p", "notice warn");
    warning.textContent = _("That is most of the picture: real alarms there would be missed.");
    parts.push(warning);
  }
  const note = element("input", "", { name: "note", maxlength: 500 });
  ask(_("Snooze this place"), [...parts, lasts, field(_("Note (may be empty)"), note)], _("Snooze"), (given) =>
    tried(async () => {
      const made = await post("/api/v1/snoozes", { event: uid, lasts: LASTS[given.lasts], note: given.note });
      toast(until(made), { action: { text: _("Undo"), do: () => end(made.id) } });
    }),
  );
}

const until = ({ camera, until: at }) =>
  at === null
    ? _("%(camera)s: the place is snoozed for good.", { camera })
    : _("%(camera)s: the place is snoozed until %(time)s.", { camera, time: moment(at) });

const end = (id) =>
  tried(async () => {
    await remove(`/api/v1/snoozes/${id}`);
    toast(_("The place alarms again."));
  });

/** The boxes of a place in a small frame, or the whole of it. */
function picture(boxes) {
  const svg = drawn("svg", { viewBox: "0 0 16 9", class: "place", "aria-hidden": "true" });
  for (const [left, top, right, bottom] of boxes.length ? boxes : [[0, 0, 1, 1]]) {
    svg.append(drawn("rect", { x: 16 * left, y: 9 * top, width: 16 * (right - left), height: 9 * (bottom - top) }));
  }
  return svg;
}

class Snoozes extends HTMLElement {
  connectedCallback() {
    this.unhear = hear("snooze", () => this.load());
    // They expire by themselves, of which nobody says anything.
    this.timer = setInterval(() => this.load(), 60_000);
    this.load();
  }

  disconnectedCallback() {
    this.unhear();
    clearInterval(this.timer);
  }

  async load() {
    const camera = this.getAttribute("camera");
    let found;
    try {
      found = await get(`/api/v1/snoozes${camera ? `?camera=${encodeURIComponent(camera)}` : ""}`);
    } catch {
      return; // the last list stays until the next time
    }
    this.show(found.snoozes);
    this.dispatchEvent(new CustomEvent("awry-snoozes", { detail: { count: found.snoozes.length } }));
  }

  show(snoozes) {
    const rows = snoozes.map((one) => this.row(one));
    if (rows.length === 0) {
      const none = element("p", "quiet-text");
      none.textContent = _("No place is snoozed.");
      rows.push(none);
    }
    this.replaceChildren(...rows);
  }

  row(one) {
    const row = element("div", "snooze-row");
    const words = element("span");
    words.textContent = one.until === null
      ? _("%(camera)s, for good", { camera: one.camera })
      : _("%(camera)s, until %(time)s", { camera: one.camera, time: moment(one.until) });
    const by = element("small");
    by.textContent = [one.note, _("by %(who)s", { who: one.by })].filter(Boolean).join(" · ");
    row.append(picture(one.boxes), words, by);
    if (may("feedback")) {
      const stop = element("button", "button small", { type: "button" });
      stop.textContent = _("End");
      stop.setAttribute("aria-label", _("End the snoozing of a place of %(camera)s", { camera: one.camera }));
      stop.addEventListener("click", () => end(one.id));
      row.append(stop);
    }
    return row;
  }
}

customElements.define("awry-snoozes", Snoozes);

/** How many there are, in words. */
export const counted = (count) => ngettext("%(num)s place is snoozed", "%(num)s places are snoozed", count);
