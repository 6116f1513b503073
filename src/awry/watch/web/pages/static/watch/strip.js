// `<awry-strip since until levels="0.2,,1.5" camera="NAME">`: the last hours' scores against the threshold.
import { moment } from "../kit/times.js";
import { _, language, ngettext } from "../kit/words.js";
import { recoloured } from "./colours.js";
import { bars, cleared, threshold } from "./draw.js";
import { parsed, told } from "./levels.js";

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const sizes = new ResizeObserver((entries) => {
  for (const one of entries) one.target.draw?.();
});

class Strip extends HTMLElement {
  static observedAttributes = ["levels"];

  connectedCallback() {
    if (!this.canvas) {
      this.canvas = document.createElement("canvas");
      this.canvas.setAttribute("aria-hidden", "true");
      this.append(this.canvas);
    }
    this.setAttribute("role", "img");
    this.unhear = recoloured(() => this.draw());
    sizes.observe(this);
    this.show();
  }

  disconnectedCallback() {
    this.unhear?.();
    sizes.unobserve(this);
  }

  attributeChangedCallback() {
    if (this.canvas) this.show();
  }

  show() {
    this.bins = {
      since: Number(this.getAttribute("since")),
      until: Number(this.getAttribute("until")),
      levels: parsed(this.getAttribute("levels") ?? ""),
    };
    this.setAttribute("aria-label", this.words());
    this.title = this.words();
    this.draw();
  }

  words() {
    const { since, until, levels } = this.bins;
    const found = told(levels);
    const hours = number.format((until - since) / 3600);
    if (found === null) return _("Nothing was scored in the last %(hours)s h.", { hours });
    const at = moment(since + ((found.place + 0.5) / levels.length) * (until - since));
    const level = number.format(Math.max(0, found.level));
    const highest = _("Last %(hours)s h: highest score %(level)s times as far from normal as the threshold, at %(at)s.", { hours, level, at });
    const above = ngettext("Above it %(num)s time.", "Above it %(num)s times.", found.times);
    return `${highest} ${above}`;
  }

  draw() {
    if (!this.bins || this.clientWidth === 0) return;
    const { context, width, height } = cleared(this.canvas);
    const place = { x: 0, y: 0, width, height };
    if (this.bins.levels.length) bars(context, this.bins, this.bins.since, this.bins.until, place);
    threshold(context, place);
  }
}

customElements.define("awry-strip", Strip);
