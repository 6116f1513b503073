// `<awry-curve camera="NAME">`: the scores of the last ten minutes against the threshold, live.
import { get } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { moment } from "../kit/times.js";
import { _, language } from "../kit/words.js";
import { colour, recoloured } from "./colours.js";
import { cleared } from "./draw.js";

const SPAN_S = 600;
const EVERY_MS = 2000;
const AGAIN_S = 6; // scores of so long may still change: they are asked for again
const GAP_S = 10;
const BINS = 600;

const LOWEST = -0.5; // the level at the foot of the picture
const HIGHEST = 4; // higher levels do not make the others flatter

/** A level for people. */
const factor = (level) => {
  const format = { maximumFractionDigits: level < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, format).format(Math.max(0, level));
};

class Curve extends HTMLElement {
  points = [];
  known = []; // the calibrations of the detector that scores
  scale = null; // scores that are levels 0 and 1; null: there is no threshold
  ahead = 0; // of the server's clock before ours, in seconds

  connectedCallback() {
    this.canvas = this.querySelector("canvas");
    this.said = this.querySelector("[data-said]");
    const camera = encodeURIComponent(this.getAttribute("camera"));
    this.path = `/api/v1/cameras/${camera}`;
    this.unhear = [
      recoloured(() => this.draw()),
      ...["budget", "bundle", "config", "reset"].map((kind) => hear(kind, () => this.thresholds())),
    ];
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.canvas);
    this.step();
  }

  disconnectedCallback() {
    for (const end of this.unhear) end();
    this.sizes.disconnect();
    clearTimeout(this.timer);
  }

  async step() {
    clearTimeout(this.timer);
    if (!document.hidden) {
      try {
        await this.load();
      } catch {
        // The bar says that the server is away.
      }
      this.draw();
    }
    if (this.isConnected) this.timer = setTimeout(() => this.step(), EVERY_MS);
  }

  async load() {
    const now = Date.now() / 1000 + this.ahead;
    const last = this.points.at(-1)?.at;
    const since = Math.max(now - SPAN_S, last === undefined ? 0 : last - AGAIN_S);
    const bins = Math.max(10, Math.round((BINS * (now - since)) / SPAN_S));
    const found = await get(`${this.path}/scores?since=${since}&until=${now + 1}&bins=${bins}`);
    if (found.bundle && found.bundle !== this.bundle) {
      this.bundle = found.bundle;
      this.points = [];
      await this.thresholds();
    }
    const kept = this.points.filter((one) => one.at < since && one.at > now - SPAN_S);
    const fresh = found.times.map((at, place) => ({ at, score: found.scores[place] }));
    this.points = [...kept, ...fresh.filter((one) => one.score !== null)];
    this.until = now;
  }

  /** What is normal for the detector that scores, and its thresholds. */
  async thresholds() {
    try {
      const { calibrations } = await get(`${this.path}/calibrations`);
      this.known = calibrations.filter((one) => one.bundle === this.bundle);
    } catch {
      return;
    }
    this.read();
    this.draw();
  }

  /** Read scores as the light asks for; as by day where nothing is known of it. */
  read() {
    const found = this.known.find((one) => one.light === (this.light ?? "day")) ?? this.known[0];
    const { normal, threshold = null } = found ?? {};
    this.scale = threshold === null ? null : { normal, threshold };
  }

  /** The newest answer of `/now`: it says which light there is. */
  take(said) {
    if (!said || said.light === this.light) return;
    this.light = said.light;
    this.read();
  }

  /** 0 where a score is normal, 1 at the threshold, as events and strips have it. */
  level(score) {
    const { normal, threshold } = this.scale;
    return threshold > normal ? (score - normal) / (threshold - normal) : Number(score >= threshold);
  }

  draw() {
    const { context, width, height } = cleared(this.canvas);
    const until = this.until ?? Date.now() / 1000;
    const known = this.scale !== null;
    const points = this.points.map(({ at, score }) => ({ at, value: known ? this.level(score) : score }));
    const highest = Math.max(...points.map((one) => one.value), 0);
    const top = 1.05 * (known ? Math.max(2, Math.min(highest, HIGHEST)) : Math.max(highest, 1e-9));
    const foot = known ? LOWEST : 0;
    const x = (at) => width * (1 - (until - at) / SPAN_S);
    const y = (value) => height - 14 - (height - 18) * Math.min(1, Math.max(0, (value - foot) / (top - foot)));
    this.axis(context, width, height, until, x);
    if (known) this.line(context, width, y(1));
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    let before = null;
    for (const one of points) {
      if (before && one.at - before.at < GAP_S) {
        const over = known && Math.max(one.value, before.value) >= 1;
        context.strokeStyle = colour(over ? "alarm" : "accent");
        context.beginPath();
        context.moveTo(x(before.at), y(before.value));
        context.lineTo(x(one.at), y(one.value));
        context.stroke();
      }
      before = one;
    }
    this.say(points, highest, until);
  }

  axis(context, width, height, until, x) {
    context.strokeStyle = colour("line");
    context.fillStyle = colour("quiet");
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    const every = width < 420 ? 300 : 120;
    for (let at = Math.ceil((until - SPAN_S) / every) * every; at < until; at += every) {
      context.beginPath();
      context.moveTo(x(at), 0);
      context.lineTo(x(at), height - 14);
      context.stroke();
      if (x(at) > 24 && x(at) < width - 24) context.fillText(moment(at).slice(-8, -3), x(at), height - 2);
    }
  }

  line(context, width, place) {
    context.strokeStyle = colour("alarm");
    context.setLineDash([6, 4]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, place);
    context.lineTo(width, place);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = colour("alarm");
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "left";
    context.fillText(_("threshold"), 4, place - 4);
  }

  say(points, highest, until) {
    const newest = points.at(-1);
    let text = _("There were no scores in the last ten minutes.");
    if (newest && this.scale) {
      const values = { now: factor(newest.value), most: factor(highest) };
      text = _("Newest score: %(now)s times as far from normal as the threshold. Highest of ten minutes: %(most)s times.", values);
    } else if (newest) text = _("There is no threshold yet.");
    if (newest && until - newest.at > 15) {
      text = _("The newest score is of %(time)s.", { time: moment(newest.at) });
    }
    if (this.said.textContent !== text) this.said.textContent = text;
  }
}

customElements.define("awry-curve", Curve);
