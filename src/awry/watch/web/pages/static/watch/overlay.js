// Boxes and heat of an event's peak, laid over its picture or clip.
import { drawHeat } from "./heat.js";
import { drawn, element } from "./made.js";

const NEAR_S = 1.5;

export class Overlay {
  /** Over what `stage` shows: a video, or a picture before it. */
  constructor(stage, video, poster) {
    this.stage = stage;
    this.video = video;
    this.poster = poster;
    this.box = element("div", "overlay", { "aria-hidden": "true" });
    this.canvas = element("canvas", "heat");
    this.boxes = drawn("svg", { class: "boxes", viewBox: "0 0 1 1", preserveAspectRatio: "none" });
    this.canvas.hidden = true;
    this.boxes.setAttribute("hidden", "");
    this.box.append(this.canvas, this.boxes);
    this.sizes = new ResizeObserver(() => this.place());
    this.sizes.observe(stage);
    poster.addEventListener("load", () => this.place());
    this.wanted = { heat: false, boxes: false };
    this.facts = null;
  }

  close() {
    this.sizes.disconnect();
  }

  take(facts) {
    this.facts = facts;
    this.boxes.replaceChildren(
      ...facts.regions.slice(0, 3).map(({ box: [left, top, right, bottom] }) =>
        drawn("rect", { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0) }),
      ),
    );
    if (this.wanted.heat) this.#draw();
  }

  show(what, on) {
    this.wanted[what] = on;
    if (what === "heat" && on) this.#draw();
    this.#shown();
  }

  /** They belong to the peak, and are shown around it alone. */
  moved(at) {
    this.near = Math.abs(at - this.facts.peak_at) <= NEAR_S;
    this.#shown();
  }

  /** Lie exactly on the picture, which may be narrower or lower than the stage. */
  place() {
    const wide = this.poster.hidden ? this.video.videoWidth : this.poster.naturalWidth;
    const high = this.poster.hidden ? this.video.videoHeight : this.poster.naturalHeight;
    const { clientWidth, clientHeight } = this.stage;
    if (!wide || !high || !clientWidth) return;
    const scale = Math.min(clientWidth / wide, clientHeight / high);
    const style = this.box.style;
    style.width = `${wide * scale}px`;
    style.height = `${high * scale}px`;
    style.left = `${(clientWidth - wide * scale) / 2}px`;
    style.top = `${(clientHeight - high * scale) / 2}px`;
  }

  #shown() {
    this.canvas.hidden = !(this.wanted.heat && this.near);
    this.boxes.toggleAttribute("hidden", !(this.wanted.boxes && this.near));
  }

  #draw() {
    if (!this.facts?.heat || this.drawnOf === this.facts.heat) return;
    this.drawnOf = this.facts.heat;
    const image = new Image();
    image.addEventListener("load", () => drawHeat(this.canvas, image));
    image.src = this.facts.heat;
  }
}
