// The zones of a camera as a list: all that can be done on the picture, by keyboard and by ear.
import { _, language } from "../kit/words.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const kinds = () => [
  ["ignore", _("Ignore: these pixels are never used")],
  ["only", _("Alarm only here")],
  ["never", _("Never alarm here")],
];

const shares = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
export const percent = (value) => shares.format(value);

const PROBLEMS = {
  few: () => _("It needs three corners."),
  many: () => _("It has too many corners; 200 are the most."),
  tiny: () => _("It is too small. Draw it larger."),
  crossing: () => _("Its sides cross each other. Move its corners so that none do."),
  name: () => _("It needs a name of small letters, digits, - and _."),
  twice: () => _("Another zone has this name already."),
};
export const sentence = (problem) => PROBLEMS[problem]?.() ?? "";

function made(kind, properties = {}, ...children) {
  const { dataset = {}, aria = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(kind), rest);
  Object.assign(element.dataset, dataset);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  element.append(...children);
  return element;
}

/** Fills `holder`; `told(text)` says what an arrow key did, `about(zone)` gives a line on a zone. */
export class ZoneList {
  constructor(holder, drawn, board, { edits, told, about }) {
    Object.assign(this, { holder, drawn, board, edits, told, about });
    drawn.addEventListener("change", () => this.show());
    for (const kind of ["select", "drawing"]) board.addEventListener(kind, () => this.show());
  }

  show() {
    // What has the focus stays where it can: a screen reader and a keyboard of signs need that.
    const same = this.#structure();
    if (same === this.structure) return this.#refresh();
    this.structure = same;
    const active = this.holder.contains(document.activeElement) && document.activeElement.dataset.key;
    const zones = this.drawn.zones.map((one, at) => this.#zone(one, at));
    if (!zones.length) {
      const none = _("No zone yet: the whole picture counts.");
      zones.push(made("li", { className: "empty", textContent: none }));
    }
    this.holder.replaceChildren(...zones);
    this.#refresh();
    if (active) this.#keyed(active)?.focus({ preventScroll: true });
  }

  #keyed(key) {
    return this.holder.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  #structure() {
    const zones = this.drawn.zones.map((one) => [one.kind, one.polygon.length]);
    return JSON.stringify([this.board.selected, zones]);
  }

  /** Names, places and sentences anew, in the elements that are there. */
  #refresh() {
    this.drawn.zones.forEach((zone, at) => {
      const item = this.holder.children[at];
      item.querySelector("strong").textContent = zone.name || _("Ignored region");
      const about = this.about(zone);
      Object.assign(item.querySelector("[data-about]"), { textContent: about, hidden: !about });
      const problem = sentence(this.drawn.wrong(at));
      Object.assign(item.querySelector("[data-problem]"), { textContent: problem, hidden: !problem });
      const name = this.#keyed(`name ${at}`);
      if (name && name !== document.activeElement) name.value = zone.name;
      if (at === this.board.selected) zone.polygon.forEach((one, corner) => this.#place(at, corner, one));
    });
  }

  #place(at, corner, [x, y]) {
    const place = { n: corner + 1, x: percent(x), y: percent(y) };
    const button = this.#keyed(`corner ${at} ${corner}`);
    if (!button) return;
    button.textContent = `${place.x}, ${place.y}`;
    button.setAttribute(
      "aria-label",
      _("%(x)s, %(y)s: corner %(n)s, from the left and from the top. Arrow keys move it.", place),
    );
    button.setAttribute("aria-pressed", String(corner === this.board.corner));
  }

  #zone(zone, at) {
    const chosen = at === this.board.selected;
    const kind = kinds().find(([value]) => value === zone.kind)[1];
    const head = made("button", {
      type: "button",
      className: "button quiet zone-head",
      dataset: { key: `zone ${at}` },
      aria: { expanded: String(chosen) },
      onclick: () => this.board.select(chosen ? -1 : at),
    });
    head.append(
      made("span", { className: `swatch ${zone.kind}`, aria: { hidden: "true" } }),
      made("strong"),
      made("span", { className: "quiet-text", textContent: kind }),
    );
    const item = made("li", { className: chosen ? "card chosen" : "card" }, head);
    item.append(
      made("p", { className: "quiet-text", dataset: { about: "" } }),
      made("p", { className: "notice bad", dataset: { problem: "" } }),
    );
    if (chosen) item.append(...(this.edits ? this.#fields(zone, at) : []), this.#corners(zone, at));
    return item;
  }

  #fields(zone, at) {
    const kind = made("select", {
      dataset: { key: `kind ${at}` },
      onchange: (event) => this.drawn.setKind(at, event.target.value),
    });
    for (const [value, text] of kinds()) {
      kind.append(made("option", { value, textContent: text, selected: value === zone.kind }));
    }
    const fields = [made("label", { className: "field" }, _("What it does"), kind)];
    if (zone.kind !== "ignore") {
      const name = made("input", {
        type: "text",
        value: zone.name,
        maxLength: 40,
        autocomplete: "off",
        spellcheck: false,
        dataset: { key: `name ${at}` },
        oninput: (event) => this.drawn.setName(at, event.target.value),
        onchange: (event) => this.drawn.setName(at, this.plain(event.target.value)),
      });
      fields.push(made("label", { className: "field" }, _("Name"), name));
    }
    const remove = made("button", {
      type: "button",
      className: "button danger",
      textContent: _("Delete the zone"),
      onclick: () => this.remove(at),
    });
    return [...fields, made("div", { className: "buttons" }, this.#mover(at), remove)];
  }

  remove(at) {
    this.board.selected = -1;
    this.drawn.remove(at);
    this.told(_("The zone was deleted. Undo brings it back."));
    this.holder.querySelector("button")?.focus();
  }

  #mover(at) {
    return made("button", {
      type: "button",
      className: "button",
      textContent: _("Move as a whole"),
      title: _("With the arrow keys; Shift: further"),
      dataset: { key: `move ${at}` },
      aria: { keyshortcuts: "ArrowUp ArrowDown ArrowLeft ArrowRight" },
      onkeydown: (event) =>
        this.#arrow(event, (dx, dy) => {
          this.drawn.shift(at, dx, dy, `keys ${at}`);
          const [x, y] = this.drawn.zones[at].polygon[0];
          this.told(_("First corner: %(x)s, %(y)s", { x: percent(x), y: percent(y) }));
        }),
    });
  }

  #corners(zone, at) {
    const list = made("ol", { className: "corners", aria: { label: _("Corners, from the top left") } });
    zone.polygon.forEach((point, corner) => list.append(this.#corner(at, point, corner)));
    return list;
  }

  #corner(at, [x, y], corner) {
    const place = { n: corner + 1 };
    if (!this.edits) return made("li", { textContent: `${percent(x)}, ${percent(y)}` });
    const move = made("button", {
      type: "button",
      className: "button quiet number",
      dataset: { key: `corner ${at} ${corner}` },
      onclick: () => this.board.select(at, corner),
      onkeydown: (event) => {
        if (event.key === "Delete" || event.key === "Backspace") {
          event.preventDefault();
          this.drawn.removeCorner(at, corner);
          return;
        }
        this.#arrow(event, (dx, dy) => {
          const [px, py] = this.drawn.zones[at].polygon[corner];
          this.board.corner = corner;
          this.drawn.setCorner(at, corner, [px + dx, py + dy], `keys ${at} ${corner}`);
          const [nx, ny] = this.drawn.zones[at].polygon[corner];
          this.told(`${percent(nx)}, ${percent(ny)}`);
        });
      },
    });
    const more = made("button", {
      type: "button",
      className: "button quiet icon-only",
      textContent: "+",
      dataset: { key: `more ${at} ${corner}` },
      aria: { label: _("Add a corner after corner %(n)s", place) },
      onclick: () => this.drawn.splitAfter(at, corner),
    });
    const less = made("button", {
      type: "button",
      className: "button quiet icon-only",
      textContent: "×",
      disabled: this.drawn.zones[at].polygon.length < 4,
      dataset: { key: `less ${at} ${corner}` },
      aria: { label: _("Delete corner %(n)s", place) },
      onclick: () => this.drawn.removeCorner(at, corner),
    });
    return made("li", {}, move, more, less);
  }

  #arrow(event, then) {
    const way = ARROWS[event.key];
    if (!way || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 0.05 : event.altKey ? 0.001 : 0.01;
    then(way[0] * far, way[1] * far);
  }
}
