// The timeline: any day, one or more cameras in rows, one cursor for all.
import { fragment } from "../kit/api.js";
import { key } from "../kit/keys.js";
import { hear } from "../kit/stream.js";
import { differs } from "../kit/times.js";
import { toast, tried } from "../kit/toast.js";
import { _ } from "../kit/words.js";
import { recoloured } from "./colours.js";
import { read, written } from "./timeline/address.js";
import { Clock } from "./timeline/clock.js";
import { Data } from "./timeline/data.js";
import { beside, nearest } from "./timeline/found.js";
import { hand } from "./timeline/hand.js";
import { paintAxis, paintRow } from "./timeline/paint.js";
import { holding, panned, zoomed } from "./timeline/scale.js";
import { Scrub } from "./timeline/scrub.js";
import { Together } from "./timeline/together.js";

const NEAR_MS = 150;
const LIVE_MS = 15_000;
const SOON_MS = 2000;
const SHARE = 15; // of the time that a look takes, at least so many times lie between two

class Timeline extends HTMLElement {
  #pointer = null;
  #camera = "";
  #drawing = false;
  #nearing = null;
  #soon = null;
  pause = 0;

  connectedCallback() {
    this.bounds = { since: Number(this.dataset.since), until: Number(this.dataset.until) };
    this.lines = [...this.querySelectorAll("[data-line]")];
    this.axis = this.querySelector("[role=slider]");
    this.clock = new Clock(this.dataset.zone);
    this.data = new Data(this.bounds, this.lines.map((one) => one.dataset.line).filter(Boolean));
    this.scrub = new Scrub(document.querySelector("[data-scrub]"), this.clock);
    Object.assign(this, read(location.search, this.bounds));
    this.together = new Together(document.querySelector("[data-together]"), (at) => this.#played(at), () => this.axis.focus());
    hand(this, this, {
      changed: (view) => this.#look(view),
      hovered: (at, camera) => this.#hover(at, camera),
      chosen: (at, camera) => this.#choose(at, camera),
    });
    new ResizeObserver(() => this.#draw()).observe(this.axis);
    recoloured(() => this.#draw());
    this.#controls();
    document.querySelector(".as-table").addEventListener("toggle", () => this.#table());
    this.#live();
    this.load();
  }

  get width() {
    return this.axis.clientWidth;
  }

  /** Where the cursor is; without one now, where that is seen, else the middle of the view. */
  get middle() {
    const { from, to } = this.view;
    const now = this.data.now;
    return this.at ?? (from < now && now < to ? now : (from + to) / 2);
  }

  load() {
    const begun = performance.now();
    return tried(async () => {
      await this.data.day(this.width);
      this.pause = SHARE * (performance.now() - begun);
      this.#describe(this.at ?? Math.min(this.data.now, this.bounds.until), this.#camera);
      this.#look(this.view, false);
    });
  }

  #look(view, noted = true) {
    this.view = view;
    if (noted) this.#note();
    this.#draw();
    clearTimeout(this.#nearing);
    const whole = view.to - view.from >= this.bounds.until - this.bounds.since - 1;
    if (whole) return;
    this.#nearing = setTimeout(() => tried(async () => {
      await this.data.near(view, this.width);
      this.#draw();
    }), NEAR_MS);
  }

  #note() {
    clearTimeout(this.noting);
    this.noting = setTimeout(() => {
      const { view, bounds, at } = this;
      const query = written({ day: this.dataset.day, cameras: this.data.cameras, view, bounds, at });
      history.replaceState(history.state, "", query);
    }, 200);
  }

  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#painted();
    });
  }

  #painted() {
    const { view, bounds, data, clock } = this;
    const moments = { cursor: this.at, pointer: this.#pointer };
    paintAxis(this.axis.querySelector("canvas"), { view, bounds, ...moments, said: clock.label, clock: clock.wall });
    const rows = new Map(data.rows.map((one) => [one.camera, one]));
    for (const line of this.lines) {
      const row = rows.get(line.dataset.line);
      if (row) paintRow(line.querySelector("canvas"), { row, bins: data.bins(row, view), view, now: data.now, ...moments });
    }
  }

  #hover(at, camera) {
    this.#pointer = at;
    this.#camera = camera;
    this.#draw();
    const shown = at ?? this.at;
    if (shown !== null) this.scrub.show(this.data, this.view, shown, camera);
  }

  /** Put the cursor somewhere. */
  #say(at, camera = this.#camera) {
    this.at = Math.min(Math.max(at, this.bounds.since), this.bounds.until);
    this.#describe(this.at, camera);
    this.#note();
  }

  #describe(at, camera) {
    this.axis.setAttribute("aria-valuenow", String(Math.round(at - this.bounds.since)));
    this.axis.setAttribute("aria-valuetext", this.scrub.words(this.data, this.view, at));
    if (this.#pointer === null) this.scrub.show(this.data, this.view, at, camera);
  }

  #go(at) {
    this.#say(at);
    this.#look(holding(this.view, this.bounds, this.at));
    this.together.seek(this.data.rows, this.at);
  }

  #choose(at, camera) {
    this.#say(at, camera);
    this.#draw();
    this.#play(camera);
  }

  #played(at) {
    this.#say(at, "");
    this.#look(holding(this.view, this.bounds, at));
    this.together.join(this.data.rows, at);
  }

  /** Play what covers the cursor; where nothing does, an event that was all but hit. */
  #play(camera = "") {
    if (this.at === null) this.#say(this.middle);
    if (this.together.play(this.data.rows, this.at, camera)) return;
    const near = 12 * ((this.view.to - this.view.from) / Math.max(this.width, 1));
    const rows = this.data.rows.filter((one) => !camera || one.camera === camera);
    for (const row of rows) {
      const event = nearest(row.events, this.at, near);
      if (event && event.clips.length) {
        this.#say(event.start, row.camera);
        this.together.play(this.data.rows, Math.max(event.clips[0][1], event.start), row.camera);
        return;
      }
    }
    this.together.close();
    toast(_("There is no clip at %(at)s: clips are kept of events alone.", { at: this.clock.full(this.at) }));
  }

  #beside(way) {
    const found = beside(this.data.rows, this.middle, way);
    if (found) this.#go(found.event.start);
    else toast(way > 0 ? _("There is no later event on this day.") : _("There is no earlier event on this day."));
  }

  #zoom(factor) {
    this.#look(zoomed(this.view, this.bounds, factor, this.middle));
  }

  #step(share) {
    this.#go(this.middle + (this.view.to - this.view.from) * share);
  }

  #pan(share) {
    this.#look(panned(this.view, this.bounds, (this.view.to - this.view.from) * share));
  }

  #controls() {
    const whole = () => this.#look({ from: this.bounds.since, to: this.bounds.until });
    const does = {
      in: () => this.#zoom(0.5),
      out: () => this.#zoom(2),
      whole,
      left: () => this.#pan(-0.5),
      right: () => this.#pan(0.5),
      previous: () => this.#beside(-1),
      next: () => this.#beside(1),
      play: () => this.#play(this.#camera),
      close: () => this.together.close(),
    };
    for (const button of document.querySelectorAll("[data-line-do]")) {
      button.addEventListener("click", () => does[button.dataset.lineDo]());
    }
    key("+", _("Zoom in"), does.in);
    key("-", _("Zoom out"), does.out);
    key("0", _("Whole day"), whole);
    const arrow = (way) => (event) => (event.shiftKey ? this.#pan(way / 4) : this.#step(way / 100));
    key("ArrowLeft", _("Back; with Shift the view moves"), arrow(-1));
    key("ArrowRight", _("Forward; with Shift the view moves"), arrow(1));
    key("Home", _("To the beginning of the day"), () => this.#go(this.bounds.since));
    key("End", _("To the end of the day"), () => this.#go(Math.min(this.data.now, this.bounds.until)));
    key("k", _("Previous event"), does.previous);
    key("j", _("Next event"), does.next);
    key(" ", _("Play or pause"), () => (this.together.playing ? this.together.toggle() : does.play()));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.together.playing && !document.querySelector("dialog[open]")) does.close();
    });
    this.axis.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      does.play();
    });
  }

  #live() {
    const note = document.querySelector("[data-zone-note]");
    note.hidden = !differs(this.bounds.since) && !differs(this.bounds.until - 1);
    const today = () => Date.now() / 1000 < this.bounds.until + 60;
    if (!today()) return;
    const anew = async () => {
      this.#soon = null;
      if (!document.hidden && today()) {
        await this.load();
        await this.#table();
      }
    };
    for (const kind of ["event", "clip", "gap", "state", "flag", "reset"]) {
      hear(kind, () => (this.#soon ??= setTimeout(anew, Math.max(SOON_MS, this.pause))));
    }
    const regularly = async () => {
      if (!document.hidden && this.#soon === null) await this.load();
      setTimeout(regularly, Math.max(LIVE_MS, this.pause));
    };
    setTimeout(regularly, LIVE_MS);
  }

  /** The table is brought up to date where it is open, and nobody is in it. */
  async #table() {
    const table = document.querySelector("details[open] [data-table]");
    if (!table || table.contains(document.activeElement)) return;
    const query = written({ ...this, day: this.dataset.day, cameras: this.data.cameras, at: null });
    try {
      table.replaceChildren(await fragment(`/ui/timeline/table${query}`));
    } catch {
      // It stays as it was; the next change tries again.
    }
  }
}

customElements.define("awry-timeline", Timeline);

const form = document.querySelector("[data-days]");
form.addEventListener("change", () => form.requestSubmit());
