// Clips of several cameras in step: one cursor for all, the first player leads.
import "../player.js";
import { element } from "../made.js";
import { _ } from "../../kit/words.js";
import { covering, coversAt } from "./found.js";

const APART_S = 0.4;

export class Together {
  #players = new Map();
  #moved;
  #closed;

  /** `moved(at)` is called while it plays, `closed()` when the last clip is gone. */
  constructor(holder, moved, closed) {
    this.holder = holder;
    this.#moved = moved;
    this.#closed = closed;
  }

  get playing() {
    return this.#players.size > 0;
  }

  /** Play all clips that cover a moment; `first` leads. Gives how many there are. */
  play(rows, at, first = "") {
    const found = covering(rows, at);
    found.sort((a, b) => (b.camera === first) - (a.camera === first));
    const wanted = new Set(found.map((one) => one.camera));
    for (const camera of [...this.#players.keys()]) if (!wanted.has(camera)) this.#drop(camera);
    for (const one of found) this.#add(one, at);
    for (const { player } of this.#players.values()) {
      player.seek(at);
      player.play();
    }
    const opened = this.holder.hidden && found.length > 0;
    this.holder.hidden = found.length === 0;
    if (opened) this.holder.scrollIntoView({ block: "nearest" });
    return found.length;
  }

  /** The cursor was put elsewhere: what covers it shows it, the rest goes. */
  seek(rows, at) {
    if (!this.playing) return;
    if (this.play(rows, at) === 0) this.close();
  }

  toggle() {
    this.#lead()?.player.toggle();
  }

  close() {
    for (const camera of [...this.#players.keys()]) this.#drop(camera);
    this.holder.hidden = true;
    this.#closed();
  }

  /** A clip that begins while others play joins them; one that is all but over does not begin again. */
  join(rows, at) {
    for (const one of covering(rows, at)) {
      if (this.#players.has(one.camera) || !coversAt(one.event, at + 2 * APART_S)) continue;
      this.#add(one, at);
      this.#players.get(one.camera).player.play();
    }
  }

  #lead() {
    return this.#players.values().next().value ?? null;
  }

  #add({ camera, event }, at) {
    const known = this.#players.get(camera);
    if (known?.event.uid === event.uid) return;
    if (known) this.#drop(camera);
    const player = element("awry-player", "", { event: event.uid, at });
    const box = element("figure", "together-one");
    const title = element("figcaption");
    title.textContent = camera;
    box.append(title, player);
    this.holder.querySelector("[data-players]").append(box);
    this.#players.set(camera, { camera, event, player, box });
    const still = (what) => (event) => this.#players.get(camera)?.player === player && what(event);
    player.addEventListener("awry-moment", still((moment) => this.#heard(camera, moment.detail.at)));
    player.addEventListener("awry-play", still(() => this.#others(camera, (one) => one.play())));
    player.addEventListener("awry-pause", still(() => this.#paused(camera)));
    player.setAttribute("aria-label", _("Clip of %(camera)s", { camera }));
    player.setAttribute("role", "group");
  }

  #drop(camera) {
    this.#players.get(camera)?.box.remove();
    this.#players.delete(camera);
  }

  /** The leader says where it is: others follow where they are apart. */
  #heard(camera, at) {
    const lead = this.#lead();
    if (lead === null || lead.camera !== camera || !Number.isFinite(at)) return;
    this.#others(camera, (one, { event }) => {
      if (one.speed !== lead.player.speed) one.speed = lead.player.speed;
      if (coversAt(event, at) && Math.abs(one.at - at) > APART_S) one.seek(at);
    });
    this.#moved(at);
  }

  /** One that was paused pauses all; one that came to its end lets the others go on, led by the next. */
  #paused(camera) {
    const { player, event } = this.#players.get(camera);
    const end = Math.max(...event.clips.map(([, , last]) => last));
    if (player.at < end - APART_S) this.#others(camera, (one) => one.pause());
    else if (this.#players.size > 1) this.#drop(camera);
  }

  #others(camera, what) {
    for (const one of this.#players.values()) {
      if (one.camera !== camera) what(one.player, one);
    }
  }
}
