// The picture that zones are drawn on, by mouse, pen and finger.
import { catches, middle, nearestSide, rounded, snapped } from "./polygons.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 1000;
const CLOSE_PX = 14;
const SNAP_PX = 8;

function shape(kind, attributes, ...children) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Draws `drawn` (zones_drawn.js) over a picture. Events: `select` (a zone or a corner was chosen),
 * `drawing` (a new zone was begun, grew, was ended).
 */
export class Board extends EventTarget {
  constructor(stage, drawn, { edits }) {
    super();
    this.stage = stage;
    this.drawn = drawn;
    this.edits = edits;
    this.ratio = 16 / 9;
    this.selected = -1;
    this.corner = -1;
    this.kind = "";
    this.points = [];
    this.pointer = null;
    this.drag = null;
    this.events = [];
    this.svg = shape("svg", {
      class: "zones-drawing",
      role: "img",
      preserveAspectRatio: "none",
      tabindex: "-1",
    });
    stage.append(this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.#down(event));
    this.svg.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      this.svg.addEventListener(kind, () => this.#up());
    }
    this.svg.addEventListener("dblclick", (event) => this.#twice(event));
    new ResizeObserver(() => this.draw()).observe(stage);
    drawn.addEventListener("change", () => this.draw());
  }

  setRatio(ratio) {
    this.ratio = ratio;
    this.stage.style.setProperty("--ratio", String(ratio));
    this.draw();
  }

  select(zone, corner = -1) {
    this.selected = zone;
    this.corner = corner;
    this.draw();
    this.dispatchEvent(new Event("select"));
  }

  /** Begin a new zone of a kind; empty: end without one. */
  begin(kind) {
    this.kind = kind;
    this.points = [];
    this.pointer = null;
    this.selected = this.corner = -1;
    if (kind) this.svg.focus({ preventScroll: true }); // so that Enter closes, and presses no button
    this.#told();
  }

  backOne() {
    this.points.pop();
    this.#told();
  }

  /** Close the zone that is being drawn, from three corners on. */
  close() {
    if (this.points.length < 3) return;
    const { kind, points } = this;
    this.kind = "";
    this.points = [];
    this.select(this.drawn.add(kind, points));
    this.#told();
  }

  #told() {
    this.draw();
    this.dispatchEvent(new Event("drawing"));
  }

  get height() {
    return WIDE / this.ratio;
  }

  /** So many units of the drawing as some pixels of the screen have. */
  #units(pixels) {
    return (pixels * WIDE) / (this.stage.clientWidth || WIDE);
  }

  #shares(event) {
    const box = this.svg.getBoundingClientRect();
    return rounded([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  }

  #reach(pixels) {
    const width = this.stage.clientWidth || WIDE;
    return [pixels / width, (pixels * this.ratio) / width];
  }

  #others(zone, corner) {
    return this.drawn.zones.flatMap((one, at) =>
      one.polygon.filter((_, number) => at !== zone || number !== corner),
    );
  }

  #down(event) {
    if (!this.edits || event.button !== 0) return;
    const at = this.#shares(event);
    if (this.kind) return this.#addPoint(event, at);
    const { zone, corner, side } = event.target.dataset;
    if (zone === undefined) return this.select(-1);
    const number = Number(zone);
    this.drawn.rest();
    if (side !== undefined) {
      this.drawn.addCorner(number, Number(side), at);
      this.drag = { zone: number, corner: Number(side) };
    } else {
      this.drag = { zone: number, corner: corner === undefined ? -1 : Number(corner), last: at };
    }
    this.select(number, this.drag.corner);
    this.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  #addPoint(event, at) {
    event.preventDefault();
    const [x, y] = this.#reach(CLOSE_PX);
    const first = this.points[0];
    const back = first && Math.abs(first[0] - at[0]) <= x && Math.abs(first[1] - at[1]) <= y;
    if (back && this.points.length > 2) return this.close();
    this.points.push(snapped(at, this.#others(-1, -1), this.#reach(SNAP_PX)));
    this.#told();
  }

  #move(event) {
    const at = this.#shares(event);
    if (this.kind) {
      this.pointer = at;
      this.draw();
    } else if (this.drag) {
      const { zone, corner, last } = this.drag;
      const step = `drag ${zone} ${corner}`;
      if (corner >= 0) {
        const point = snapped(at, this.#others(zone, corner), this.#reach(SNAP_PX));
        this.drawn.setCorner(zone, corner, point, step);
      } else {
        this.drawn.shift(zone, at[0] - last[0], at[1] - last[1], step);
        this.drag.last = at;
      }
    }
  }

  #up() {
    this.drag = null;
    this.drawn.rest();
  }

  #twice(event) {
    const { zone, corner } = event.target.dataset;
    if (!this.edits || this.kind || zone === undefined) return;
    if (corner !== undefined) {
      this.drawn.removeCorner(Number(zone), Number(corner));
      this.select(Number(zone));
      return;
    }
    const at = this.#shares(event);
    const side = nearestSide(at, this.drawn.zones[Number(zone)].polygon, this.ratio);
    this.drawn.addCorner(Number(zone), side.at, at);
    this.select(Number(zone), side.at);
  }

  draw() {
    this.svg.setAttribute("viewBox", `0 0 ${WIDE} ${this.height}`);
    this.svg.classList.toggle("is-drawing", this.kind !== "");
    const zones = this.drawn.zones.map((one, at) => this.#zone(one, at));
    this.svg.replaceChildren(this.#boxes(), ...zones, ...this.#handles(), ...this.#begun());
  }

  #text(corners) {
    return corners.map(([x, y]) => `${x * WIDE},${y * this.height}`).join(" ");
  }

  /** What the last events showed, as faint boxes; those that the chosen zone catches stand out. */
  #boxes() {
    const chosen = this.drawn.zones[this.selected];
    const boxes = this.events.flatMap((one) => {
      const caught = chosen && catches(chosen.kind, chosen.polygon, one);
      return one.map(([left, top, right, bottom]) =>
        shape("rect", {
          class: caught ? "seen caught" : "seen",
          x: left * WIDE,
          y: top * this.height,
          width: (right - left) * WIDE,
          height: (bottom - top) * this.height,
        }),
      );
    });
    return shape("g", { "aria-hidden": "true" }, ...boxes);
  }

  #zone({ kind, polygon }, at) {
    const wrong = this.drawn.wrong(at) ? " wrong" : "";
    return shape("polygon", {
      class: `zone ${kind}${at === this.selected ? " chosen" : ""}${wrong}`,
      points: this.#text(polygon),
      "data-zone": at,
    });
  }

  #handles() {
    const zone = this.drawn.zones[this.selected];
    if (!zone || !this.edits || this.kind) return [];
    const found = [];
    zone.polygon.forEach((here, at) => {
      const side = middle(here, zone.polygon[(at + 1) % zone.polygon.length]);
      found.push(...this.#dot(side, 5, "side", { "data-side": at + 1 }));
    });
    zone.polygon.forEach((here, at) => {
      const chosen = at === this.corner ? "corner chosen" : "corner";
      found.push(...this.#dot(here, 8, chosen, { "data-corner": at }));
    });
    return found;
  }

  #dot([x, y], pixels, name, more) {
    const place = { cx: x * WIDE, cy: y * this.height, "data-zone": this.selected, ...more };
    return [
      shape("circle", { ...place, class: name, r: this.#units(pixels) }),
      // What a finger can hit.
      shape("circle", { ...place, class: "touch", r: this.#units(name === "side" ? 12 : 20) }),
    ];
  }

  #begun() {
    if (!this.kind || !this.points.length) return [];
    const to = this.pointer ? [...this.points, this.pointer] : this.points;
    const [x, y] = this.points[0];
    const first = { cx: x * WIDE, cy: y * this.height, r: this.#units(CLOSE_PX) };
    const closes = this.points.length > 2 ? "first closes" : "first";
    return [
      shape("polyline", { class: `begun ${this.kind}`, points: this.#text(to) }),
      shape("circle", { ...first, class: closes }),
      ...this.points.map((one) =>
        shape("circle", {
          class: "corner",
          cx: one[0] * WIDE,
          cy: one[1] * this.height,
          r: this.#units(6),
        }),
      ),
    ];
  }
}
