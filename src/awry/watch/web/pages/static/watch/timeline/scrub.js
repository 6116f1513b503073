// What is at the pointer or the cursor: the score of each camera, its state, the nearest event's picture.
import { _, language } from "../../kit/words.js";
import { element } from "../made.js";
import { levelAt, nearest, spanAt } from "./found.js";

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

/** The score of a row at a moment, in words. */
export function scoreWords(row, bins, at) {
  const gap = spanAt(row.gaps, at);
  if (gap) return _("not watched: %(why)s", { why: gap.detail });
  const level = levelAt(bins, at);
  if (level === null) return _("nothing scored");
  return _("%(level)s times as far from normal as the threshold", { level: number.format(Math.max(0, level)) });
}

export class Scrub {
  #shown = "";
  #timer = null;

  /** `holder` has `[data-when]`, `[data-picture]`, `[data-what]` and `[data-scores]`. */
  constructor(holder, clock) {
    this.holder = holder;
    this.clock = clock;
    this.part = (name) => holder.querySelector(`[data-${name}]`);
  }

  /** Show a moment; `camera`: whose event is wanted, empty: any. */
  show(data, view, at, camera) {
    this.part("when").textContent = this.clock.full(at);
    const rows = camera ? data.rows.filter((one) => one.camera === camera) : data.rows;
    const within = (view.to - view.from) / 10;
    let best = null;
    for (const row of rows) {
      const event = nearest(row.events, at, within);
      const away = event && Math.max(0, event.start - at, at - event.end);
      if (event && (best === null || away < best.away)) best = { camera: row.camera, event, away };
    }
    this.#picture(best);
    this.#scores(data, view, at, camera);
  }

  /** All that is at a moment in a sentence, for those who do not see it. */
  words(data, view, at) {
    const said = data.rows.slice(0, 4).map((row) => `${row.camera}: ${scoreWords(row, data.bins(row, view), at)}`);
    return [this.clock.full(at), ...said].join(", ");
  }

  #picture(found) {
    const wanted = found?.event.uid ?? "";
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    const link = this.part("what");
    const picture = this.part("picture");
    link.hidden = found === null;
    if (found === null) {
      picture.hidden = true;
      return;
    }
    link.href = `/events/${encodeURIComponent(wanted)}`;
    link.textContent = _("Event of %(camera)s at %(at)s", { camera: found.camera, at: this.clock.full(found.event.start) });
    clearTimeout(this.#timer);
    // A pointer that only passes by loads nothing.
    this.#timer = setTimeout(() => {
      picture.hidden = !found.event.picture;
      if (found.event.picture) picture.src = `/api/v1/events/${encodeURIComponent(wanted)}/picture`;
    }, 60);
  }

  #scores(data, view, at, camera) {
    const list = this.part("scores");
    const rows = [...data.rows].sort((a, b) => (b.camera === camera) - (a.camera === camera)).slice(0, innerWidth < 720 ? 1 : 8);
    while (list.children.length > 2 * rows.length) list.lastElementChild.remove();
    while (list.children.length < 2 * rows.length) list.append(element("dt"), element("dd", "number"));
    rows.forEach((row, place) => {
      const [name, said] = [list.children[2 * place], list.children[2 * place + 1]];
      const flag = spanAt(row.flags, at);
      const state = spanAt(row.states, at);
      name.textContent = row.camera;
      said.textContent = [
        scoreWords(row, data.bins(row, view), at),
        flag ? this.names.get(flag.kind) ?? flag.kind : "",
        state && state.kind !== "running" ? this.names.get(state.kind) ?? state.kind : "",
      ].filter(Boolean).join(" · ");
    });
  }

  /** Words of states and flags, from the page. */
  get names() {
    this.known ??= new Map([...document.querySelectorAll("[data-names] [data-name]")].map((one) => [one.dataset.name, one.textContent]));
    return this.known;
  }
}
