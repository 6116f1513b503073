// Zones as they are being drawn: a list that remembers what it was. Nothing of a page.
import { middle, moved, problem, rounded } from "./polygons.js";

const MOST_STEPS = 200;
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const LETTERS = { ä: "ae", ö: "oe", ü: "ue", ß: "ss" };

/** A name as the site's file takes it: small letters, digits, - and _; empty where none is left. */
export function plainName(text) {
  return text
    .toLowerCase()
    .replace(/[äöüß]/g, (sign) => LETTERS[sign])
    .normalize("NFD")
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|-+$/g, "")
    .slice(0, 40);
}

/** Zones of a camera's settings, ignored regions last: `{kind, name, polygon}` each. */
export const fromSettings = ({ zones, ignore }) => [
  ...zones.map((one) => ({ kind: one.alarm, name: one.name, polygon: one.polygon })),
  ...ignore.map((polygon) => ({ kind: "ignore", name: "", polygon })),
];

/** The same as the settings have them. */
export const toSettings = (zones) => ({
  zones: zones
    .filter((one) => one.kind !== "ignore")
    .map(({ kind, name, polygon }) => ({ name, alarm: kind, polygon })),
  ignore: zones.filter((one) => one.kind === "ignore").map((one) => one.polygon),
});

const copy = (zones) => zones.map((one) => ({ ...one, polygon: one.polygon.map((at) => [...at]) }));

export class Drawn extends EventTarget {
  constructor(zones = []) {
    super();
    this.start(zones);
  }

  /** Begin with these; there is nothing to undo. */
  start(zones) {
    this.zones = copy(zones);
    this.saved = JSON.stringify(zones);
    this.past = [];
    this.future = [];
    this.merging = "";
    this.tell();
  }

  get changed() {
    return JSON.stringify(this.zones) !== this.saved;
  }

  /** Change something. What goes on with the same `step` (a drag, an arrow key) is one to undo. */
  change(work, step = "") {
    if (step === "" || step !== this.merging) {
      this.past = [...this.past, copy(this.zones)].slice(-MOST_STEPS);
    }
    this.merging = step;
    this.future = [];
    work(this.zones);
    this.tell();
  }

  /** What comes next is a step of its own. */
  rest() {
    this.merging = "";
  }

  undo() {
    this.#swap(this.past, this.future);
  }

  redo() {
    this.#swap(this.future, this.past);
  }

  #swap(from, to) {
    if (!from.length) return;
    to.push(copy(this.zones));
    this.zones = from.pop();
    this.merging = "";
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  add(kind, polygon) {
    const name = kind === "ignore" ? "" : this.freeName();
    this.change((zones) => zones.push({ kind, name, polygon: polygon.map(rounded) }));
    return this.zones.length - 1;
  }

  freeName() {
    const taken = new Set(this.zones.map((one) => one.name));
    for (let number = 1; ; number++) if (!taken.has(`zone-${number}`)) return `zone-${number}`;
  }

  remove(at) {
    this.change((zones) => zones.splice(at, 1));
  }

  setCorner(at, corner, point, step) {
    this.change((zones) => (zones[at].polygon[corner] = rounded(point)), step);
  }

  addCorner(at, corner, point) {
    this.change((zones) => zones[at].polygon.splice(corner, 0, rounded(point)));
  }

  /** A corner on the middle of the side that follows one. */
  splitAfter(at, corner) {
    const { polygon } = this.zones[at];
    this.addCorner(at, corner + 1, middle(polygon[corner], polygon[(corner + 1) % polygon.length]));
  }

  removeCorner(at, corner) {
    if (this.zones[at].polygon.length > 3) {
      this.change((zones) => zones[at].polygon.splice(corner, 1));
    }
  }

  shift(at, dx, dy, step) {
    this.change((zones) => (zones[at].polygon = moved(zones[at].polygon, dx, dy)), step);
  }

  setKind(at, kind) {
    this.change((zones) => {
      zones[at].kind = kind;
      if (kind === "ignore") zones[at].name = "";
    });
    if (kind !== "ignore" && !this.zones[at].name) this.zones[at].name = this.freeName();
    this.tell();
  }

  setName(at, name) {
    this.change((zones) => (zones[at].name = name), `name ${at}`);
  }

  /** What is wrong with a zone: as `problem`, or `name` or `twice`; empty: nothing. */
  wrong(at) {
    const { kind, name, polygon } = this.zones[at];
    const found = problem(polygon);
    if (found || kind === "ignore") return found;
    if (!NAME.test(name)) return "name";
    return this.zones.some((one, other) => other !== at && one.name === name) ? "twice" : "";
  }

  get fine() {
    return this.zones.every((one, at) => !this.wrong(at));
  }
}
