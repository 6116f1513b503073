// The data of a timeline: the day, and a nearer look at what is in view.
import { get } from "../../kit/api.js";
import { inLanguage } from "../../kit/sentences.js";

const MOST_BINS = 5000;

/** Events of two lists, each once, oldest first: where a day has too many, a near look brings more. */
function joined(some, more) {
  const all = new Map([...some, ...more].map((one) => [one.uid, one]));
  return [...all.values()].sort((a, b) => a.start - b.start);
}

export class Data {
  #asked = null;
  #near = null;

  constructor(bounds, cameras) {
    this.bounds = bounds;
    this.cameras = cameras;
    this.rows = cameras.map((camera) => ({ camera, levels: [], events: [], gaps: [], states: [], flags: [], left_out: false }));
    this.now = bounds.since;
  }

  /** The whole day. */
  async day(width) {
    const told = await this.#get(this.bounds.since, this.bounds.until, Math.min(Math.max(width, 200), MOST_BINS));
    for (const gap of told.rows.flatMap((row) => row.gaps)) gap.detail = await inLanguage(gap.detail);
    this.rows = told.rows;
    this.now = told.now;
  }

  /** What is in view, in bins as wide as a pixel; a later call puts off an earlier one. */
  async near(view, width) {
    this.#asked?.abort();
    this.#asked = new AbortController();
    const span = view.to - view.from;
    const since = Math.max(this.bounds.since, view.from - span / 2);
    const until = Math.min(this.bounds.until, view.to + span / 2);
    const bins = Math.min(MOST_BINS, Math.max(1, Math.round((width * (until - since)) / span)));
    const told = await this.#get(since, until, bins, this.#asked.signal);
    this.#near = { since, until, rows: new Map(told.rows.map((one) => [one.camera, one.levels])) };
    for (const row of this.rows) {
      if (row.left_out) row.events = joined(row.events, told.rows.find((one) => one.camera === row.camera).events);
    }
  }

  /** Bins of a row that show a view best. */
  bins(row, view) {
    const near = this.#near;
    if (near && near.since <= view.from + 0.01 && near.until >= view.to - 0.01 && near.rows.has(row.camera)) {
      return { since: near.since, until: near.until, levels: near.rows.get(row.camera) };
    }
    return { ...this.bounds, levels: row.levels };
  }

  #get(since, until, bins, signal) {
    const query = new URLSearchParams({ since, until, bins });
    for (const name of this.cameras) query.append("camera", name);
    return get(`/api/v1/timeline?${query}`, { signal });
  }
}
