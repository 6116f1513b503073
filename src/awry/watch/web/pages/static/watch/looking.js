// What a camera's detector sees now, asked for while somebody looks, and drawn over the picture.
import { get } from "../kit/api.js";
import { drawHeat } from "./heat.js";
import { drawn, element } from "./made.js";

const EVERY_MS = 1000;
const OLD_S = 5;

/** Events of it: `now` with the API's answer, or null where nothing is known of now. */
export class Looking extends EventTarget {
  #timer = 0;
  #running = false;
  #image = new Image();
  wanted = { heat: true, regions: true };

  /** Over a `<awry-live>`, of a camera. */
  constructor(live, camera) {
    super();
    this.live = live;
    this.path = `/api/v1/cameras/${encodeURIComponent(camera)}/now`;
    this.box = element("div", "looking", { "aria-hidden": "true" });
    this.canvas = element("canvas");
    this.svg = drawn("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none" });
    this.box.append(this.canvas, this.svg);
    live.append(this.box);
    new ResizeObserver(() => this.#place()).observe(live);
    live.addEventListener("awry-live", () => this.#place());
    document.addEventListener("visibilitychange", () => this.#begin());
    this.seen = new IntersectionObserver((entries) => {
      this.inView = entries.at(-1).isIntersecting;
      this.#begin();
    });
    this.seen.observe(live);
  }

  /** Draw these layers, and no others. */
  want(layer, on) {
    this.wanted[layer] = on;
    this.#show();
  }

  #begin() {
    if (this.#running || document.hidden || !this.inView) return;
    this.#running = true;
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (document.hidden || !this.inView) {
      this.#running = false;
      return;
    }
    try {
      const said = await get(this.path);
      await this.#take(said);
    } catch {
      this.#take(null);
    }
    this.#timer = setTimeout(() => this.#ask(), EVERY_MS);
  }

  async #take(said) {
    const old = said?.at == null || Date.now() / 1000 - said.at > OLD_S + 5;
    this.said = old ? null : said;
    if (this.said?.heat && this.wanted.heat) {
      this.#image.src = this.said.heat;
      try {
        await this.#image.decode();
        drawHeat(this.canvas, this.#image);
      } catch {
        this.said.heat = null;
      }
    }
    this.#show();
    this.dispatchEvent(new CustomEvent("now", { detail: this.said }));
  }

  #show() {
    const { said, wanted } = this;
    this.canvas.hidden = !(said?.heat && wanted.heat);
    this.svg.toggleAttribute("hidden", !(said && wanted.regions));
    const over = said?.threshold != null && said.score != null && said.score >= said.threshold;
    const boxes = (said?.regions ?? []).slice(0, over ? 5 : 3).map(({ box }, place) => {
      const rect = drawn("rect", {
        x: box[0],
        y: box[1],
        width: Math.max(0, box[2] - box[0]),
        height: Math.max(0, box[3] - box[1]),
      });
      if (over && place === 0) rect.setAttribute("class", "over");
      return rect;
    });
    this.svg.replaceChildren(...boxes);
    this.#place();
  }

  #place() {
    const box = this.live.pictureBox();
    this.box.hidden = box === null || this.live.hasAttribute("data-stale");
    if (box === null) return;
    for (const one of [this.canvas, this.svg]) {
      one.style.left = `${box.x}px`;
      one.style.top = `${box.y}px`;
      one.style.width = `${box.width}px`;
      one.style.height = `${box.height}px`;
    }
  }
}
