// `<awry-zones camera="NAME" live>` (`live`: it gives pictures now): a camera's zones, drawn on a still and saved to the site's file.
import { get, may, patch, post } from "../kit/api.js";
import { toast, tried } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";
import { catches, counts } from "./polygons.js";
import { Board } from "./zones_board.js";
import { Drawn, fromSettings, plainName, toSettings } from "./zones_drawn.js";
import { ZoneList } from "./zones_list.js";

const DAYS = 7;
const MOST_EVENTS = 500;
const NEW_ZONE = [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]];

class Zones extends HTMLElement {
  async connectedCallback() {
    this.camera = this.getAttribute("camera");
    this.api = `/api/v1/cameras/${encodeURIComponent(this.camera)}`;
    this.edits = may("admin");
    this.drawn = new Drawn();
    const piece = (name) => this.querySelector(`[data-zones="${name}"]`);
    this.piece = piece;
    this.usual = piece("told").textContent;
    this.board = new Board(piece("stage"), this.drawn, { edits: this.edits });
    this.list = new ZoneList(piece("list"), this.drawn, this.board, {
      edits: this.edits,
      told: (text) => (piece("told").textContent = text),
      about: (zone) => this.about(zone),
    });
    this.list.plain = plainName;
    this.drawn.addEventListener("change", () => this.show());
    this.board.addEventListener("drawing", () => this.show());
    this.listen();
    this.show();
    await Promise.all([tried(() => this.load()), this.loadEvents()]);
  }

  listen() {
    const press = (name, then) => this.piece(name)?.addEventListener("click", then);
    press("undo", () => this.drawn.undo());
    press("redo", () => this.drawn.redo());
    press("save", () => this.save());
    press("discard", () => this.discard());
    press("middle", () => this.addInTheMiddle());
    press("cancel", () => this.board.begin(""));
    press("close", () => this.board.close());
    press("refit", () => this.refit());
    for (const button of this.querySelectorAll("[data-draw]")) {
      button.addEventListener("click", () => this.board.begin(button.dataset.draw));
    }
    addEventListener("keydown", (event) => this.onKey(event));
    addEventListener("beforeunload", (event) => this.drawn.changed && event.preventDefault());
  }

  onKey(event) {
    const writes = event.target.closest?.("input, select, textarea, dialog");
    if (!this.edits || writes) return;
    const control = event.ctrlKey || event.metaKey;
    const letter = event.key.toLowerCase();
    if (control && (letter === "y" || (letter === "z" && event.shiftKey))) this.drawn.redo();
    else if (control && letter === "z") this.drawn.undo();
    else if (!this.board.kind) return;
    else if (event.key === "Escape") this.board.begin("");
    else if (event.key === "Enter" && !event.target.closest?.("button, a")) this.board.close();
    else if (event.key === "Backspace") this.board.backOne();
    else return;
    event.preventDefault();
  }

  async load() {
    const settings = await get(`${this.api}/config`);
    this.taken = settings;
    this.drawn.start(fromSettings(settings));
  }

  /** The last days' events: their boxes, and the newest one's picture where there is no live one. */
  async loadEvents() {
    const since = Math.floor(Date.now() / 1000) - DAYS * 86400;
    const wanted = `camera=${encodeURIComponent(this.camera)}&since=${since}&limit=${MOST_EVENTS}`;
    const older = `camera=${encodeURIComponent(this.camera)}&limit=20`;
    let newest = null;
    try {
      const { events, next } = await get(`/api/v1/events?${wanted}`);
      newest = events.find((one) => one.picture) ?? null;
      newest ??= (await get(`/api/v1/events?${older}`)).events.find((one) => one.picture);
      this.board.events = events.map((one) => one.regions.map((region) => region.box));
      this.more = next !== null;
    } catch {
      this.board.events = [];
    }
    this.drawn.tell();
    const live = this.hasAttribute("live") && `${this.api}/live.jpg?width=1280`;
    this.showPicture([live, newest?.picture]);
  }

  showPicture(sources) {
    const [source, ...rest] = sources.filter(Boolean);
    const empty = this.piece("empty");
    if (!source) {
      empty.hidden = false;
      return;
    }
    const picture = this.piece("picture");
    picture.onload = () => {
      picture.hidden = false;
      empty.hidden = true;
      this.board.setRatio(picture.naturalWidth / picture.naturalHeight);
    };
    picture.onerror = () => this.showPicture(rest);
    picture.src = source;
  }

  about(zone) {
    const all = this.board.events;
    if (!all.length) return "";
    const inside = all.filter((boxes) => catches(zone.kind, zone.polygon, boxes)).length;
    const values = { n: inside, all: all.length, days: DAYS };
    if (this.more) return _("%(n)s of the newest %(all)s events lie inside.", values);
    return _("%(n)s of %(all)s events of the last %(days)s days lie inside.", values);
  }

  /** What the zones together would have done to the alarms of the last days. */
  together() {
    const all = this.board.events;
    const quiet = all.filter((boxes) => !counts(this.drawn.zones, boxes)).length;
    if (!all.length) return _("No events of the last %(days)s days to compare with.", { days: DAYS });
    if (!this.drawn.zones.some((one) => one.kind !== "ignore")) return "";
    return _("With these zones %(n)s of %(all)s events would have alarmed nobody.", {
      n: quiet,
      all: all.length,
    });
  }

  show() {
    const { board, drawn } = this;
    this.piece("together").textContent = this.together();
    const count = ngettext("Picture with %(num)s zone", "Picture with %(num)s zones", drawn.zones.length);
    board.svg.setAttribute("aria-label", count);
    if (!this.edits) return;
    this.piece("undo").disabled = !drawn.past.length;
    this.piece("redo").disabled = !drawn.future.length;
    this.piece("save").disabled = !drawn.changed || !drawn.fine;
    this.piece("discard").disabled = !drawn.changed;
    this.piece("unsaved").textContent = drawn.changed
      ? drawn.fine
        ? _("Not saved yet.")
        : _("Correct what is marked red; then you can save it.")
      : "";
    for (const button of this.querySelectorAll("[data-draw]")) {
      button.setAttribute("aria-pressed", String(board.kind === button.dataset.draw));
    }
    this.piece("drawing").hidden = !board.kind;
    this.piece("close").disabled = board.points.length < 3;
    if (board.kind) this.piece("told").textContent = this.hint();
    else if (this.wasDrawing) this.piece("told").textContent = this.usual;
    this.wasDrawing = board.kind !== "";
  }

  hint() {
    const number = this.board.points.length;
    if (number === 0) return _("Click where the first corner is to be.");
    if (number < 3) return _("Click where the next corner is to be.");
    return _("Click the first corner, or press Enter, to close the zone.");
  }

  addInTheMiddle() {
    const at = this.drawn.add("never", NEW_ZONE);
    this.board.select(at);
    this.list.show();
    this.querySelector(`[data-key="corner ${at} 0"]`)?.focus();
  }

  discard() {
    this.board.selected = -1;
    this.drawn.start(fromSettings(this.taken));
  }

  async save() {
    await tried(async () => {
      const before = this.taken;
      this.taken = await this.written();
      if (this.taken === null) {
        this.taken = before;
        return;
      }
      this.board.selected = -1;
      this.drawn.start(fromSettings(this.taken));
      this.said(before);
    });
  }

  /** Write the zones; null where somebody else has changed them, which is told. */
  async written() {
    const wanted = toSettings(this.drawn.zones);
    const own = (settings) => JSON.stringify([settings.zones, settings.ignore]);
    for (let attempt = 0; ; attempt++) {
      try {
        return await patch(`${this.api}/config`, { ...wanted, version: this.taken.version });
      } catch (error) {
        const now = error.status === 409 ? await get(`${this.api}/config`) : null;
        if (now === null || now.version === this.taken.version || attempt > 2) throw error;
        if (own(now) !== own(this.taken)) {
          this.clash(now);
          return null;
        }
        this.taken = now; // something else of the file was changed
      }
    }
  }

  clash(now) {
    const dialog = this.piece("clash");
    dialog.querySelector("[data-theirs]").onclick = () => {
      dialog.close();
      this.taken = now;
      this.discard();
    };
    dialog.querySelector("[data-mine]").onclick = () => {
      dialog.close();
      this.taken = now; // whoever saves now knows that it replaces theirs
      this.drawn.saved = JSON.stringify(fromSettings(now));
      this.show();
    };
    dialog.showModal();
  }

  said(before) {
    const ignored = JSON.stringify(before.ignore) !== JSON.stringify(this.taken.ignore);
    this.piece("refit-offer").hidden = !ignored;
    const zones = JSON.stringify(before.zones) !== JSON.stringify(this.taken.zones);
    toast(zones ? _("Saved. The zones count from the next event on.") : _("Saved."));
    if (ignored) this.piece("refit-offer").focus();
  }

  refit() {
    return tried(async () => {
      await post(`${this.api}/refit`, { reason: _("Ignored regions were changed") });
      this.piece("refit-offer").hidden = true;
      toast(_("A new detector will learn. It only tries until you let it alarm."));
    });
  }
}

customElements.define("awry-zones", Zones);
