// `<awry-player event="UID" facts="{...}">`: the clips of an event, one after the other.
//
// Attributes: `event`; `facts`, what the API says of it as JSON (else it is asked for); `at`, where to begin
// (seconds since 1970). Methods: `play()`, `pause()`, `toggle()`, `seek(at)`, `covers(at)`; properties `at`, `speed`.
// Events: `awry-moment` `{at}` while it plays, `awry-play` and `awry-pause`.
import { get } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { moment } from "../kit/times.js";
import { _ } from "../kit/words.js";
import { button, element, toggle } from "./made.js";
import { Overlay } from "./overlay.js";
import { lengthOf, momentOf, partAt, partsOf, placeOf, covers } from "./parts.js";
import { readable, whyNot } from "./playable.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4];

class Player extends HTMLElement {
  static observedAttributes = ["event"];
  #built = false;
  #facts = null;
  #parts = [];
  #number = -1;
  #wanted = false;
  #dragged = false;
  #unhear = null;

  connectedCallback() {
    this.#build();
    // A clip of an event that goes on comes when it has ended.
    this.#unhear = hear("clip", (changes) => {
      if (changes.some((one) => one.subject === this.getAttribute("event"))) this.load();
    });
    this.load(this.getAttribute("facts"));
  }

  disconnectedCallback() {
    this.#unhear?.();
    this.video?.pause();
    this.video?.removeAttribute("src");
    this.overlay?.close();
  }

  attributeChangedCallback(name, before, after) {
    if (this.#built && before !== after) this.load();
  }

  get at() {
    return this.#parts.length ? momentOf(this.#parts, this.#place) : NaN;
  }

  get speed() {
    return Number(this.speeds.value);
  }

  set speed(value) {
    this.speeds.value = String(SPEEDS.includes(value) ? value : 1);
    this.#paced();
  }

  covers(at) {
    return covers(this.#parts, at);
  }

  /** Take what is known of the event, as JSON; else ask for it. */
  async load(known = null) {
    const uid = this.getAttribute("event");
    try {
      const facts = known ? JSON.parse(known) : await get(`/api/v1/events/${uid}`);
      if (uid === this.getAttribute("event")) this.#take(facts);
    } catch (error) {
      this.#say(error.message);
    }
  }

  play() {
    this.#wanted = true;
    if (!this.#parts.length) return;
    if (this.#place >= lengthOf(this.#parts) - 0.05) this.#go(0);
    if (this.#number < 0) this.#go(this.#start());
    this.#paced();
    this.video.play().catch((error) => {
      if (error.name !== "AbortError") this.#failed();
    });
  }

  pause() {
    this.#wanted = false;
    this.video.pause();
  }

  toggle() {
    if (this.#wanted) this.pause();
    else this.play();
  }

  /** Show a moment, in seconds since 1970. */
  seek(at) {
    if (this.#parts.length) this.#go(placeOf(this.#parts, at));
  }

  get #place() {
    const part = this.#parts[this.#number];
    return part ? part.from + Math.min(this.video.currentTime, part.length) : this.#start();
  }

  #start() {
    const at = Number(this.getAttribute("at"));
    return this.hasAttribute("at") && this.#parts.length ? placeOf(this.#parts, at) : 0;
  }

  #build() {
    if (this.#built) return;
    this.#built = true;
    this.video = element("video", "", { playsinline: "", preload: "metadata" });
    this.video.muted = true;
    this.poster = element("img", "poster", { alt: "", decoding: "async" });
    this.said = element("p", "said");
    this.said.hidden = true;
    this.stage = element("div", "stage");
    this.overlay = new Overlay(this.stage, this.video, this.poster);
    this.stage.append(this.video, this.poster, this.overlay.box, this.said);
    this.append(this.stage, this.#controls());
    this.tabIndex = -1;
    this.#listen();
  }

  #controls() {
    this.button = button("play", _("Play"), () => this.toggle());
    this.bar = element("input", "seek", { type: "range", min: 0, max: 1, step: 0.04, value: 0 });
    this.bar.setAttribute("aria-label", _("Place in the clip"));
    this.clock = element("span", "number clock");
    this.speeds = element("select", "speed", { "aria-label": _("Speed") });
    for (const one of SPEEDS) this.speeds.append(new Option(`${one}×`, one, one === 1, one === 1));
    this.heat = toggle("heat", _("Heat"), (on) => this.overlay.show("heat", on));
    this.boxes = toggle("zone", _("Boxes"), (on) => this.overlay.show("boxes", on));
    this.peak = button("warning", _("To the peak"), () => this.seek(this.#facts.peak_at));
    this.large = button("grid", _("Full screen"), () => this.#enlarge());
    this.save = element("a", "button small icon-only", { download: "", "aria-label": _("Download the clip"), title: _("Download the clip") });
    this.save.append(button.icon("download"));
    const holder = element("div", "controls");
    const time = element("div", "track");
    this.span = element("i", "span", { "aria-hidden": "true" });
    time.append(this.span, this.bar);
    holder.append(this.button, time, this.clock, this.speeds, this.peak, this.boxes, this.heat, this.large, this.save);
    return holder;
  }

  #listen() {
    const { video, bar } = this;
    bar.addEventListener("input", () => this.#go(Number(bar.value)));
    bar.addEventListener("pointerdown", () => (this.#dragged = true));
    addEventListener("pointerup", () => (this.#dragged = false));
    this.speeds.addEventListener("change", () => this.#paced());
    this.stage.addEventListener("click", () => this.toggle());
    video.addEventListener("timeupdate", () => this.#moved());
    video.addEventListener("seeked", () => this.#moved());
    video.addEventListener("playing", () => this.#playing(true));
    video.addEventListener("pause", () => this.#playing(false));
    video.addEventListener("ended", () => this.#next());
    video.addEventListener("error", () => this.#failed());
    video.addEventListener("loadeddata", () => {
      this.poster.hidden = true;
      this.overlay.place();
    });
    this.addEventListener("keydown", (event) => this.#key(event));
  }

  #take(facts) {
    const first = this.#facts === null || this.#facts.uid !== facts.uid;
    this.#facts = facts;
    if (first) {
      this.#number = -1;
      this.video.removeAttribute("src");
    }
    this.poster.hidden = !facts.picture;
    if (facts.picture) this.poster.src = facts.picture;
    this.overlay.take(facts);
    this.heat.hidden = !facts.heat;
    this.boxes.hidden = !facts.regions.length;
    const parts = partsOf(facts.clips);
    this.#parts = parts.filter(readable);
    const none = this.#parts.length === 0;
    for (const one of [this.button, this.bar, this.speeds, this.peak]) one.disabled = none;
    this.save.hidden = parts.length === 0;
    if (parts.length) this.save.href = parts[0].address;
    this.#say(none ? whyNot(facts, parts) : "");
    this.bar.max = lengthOf(this.#parts) || 1;
    this.#mark();
    this.#moved();
    if (this.#wanted && !none) this.play();
  }

  /** Where in the bar the event itself lies; the rest is before and after it. */
  #mark() {
    if (!this.#parts.length) return;
    const whole = lengthOf(this.#parts);
    const from = placeOf(this.#parts, this.#facts.start) / whole;
    const to = placeOf(this.#parts, this.#facts.end) / whole;
    this.span.style.left = `${100 * from}%`;
    this.span.style.width = `${100 * Math.max(to - from, 0.01)}%`;
  }

  #go(place) {
    const { number, offset } = partAt(this.#parts, place);
    if (number !== this.#number) {
      this.#number = number;
      this.video.src = this.#parts[number].address;
      this.save.href = this.#parts[number].address;
      if (this.#wanted) this.play();
    }
    this.video.currentTime = offset;
    this.#paced();
    this.#moved();
  }

  #next() {
    if (this.#number + 1 < this.#parts.length) this.#go(this.#parts[this.#number + 1].from);
    else this.#wanted = false;
  }

  #paced() {
    this.video.defaultPlaybackRate = this.video.playbackRate = this.speed;
  }

  #moved() {
    if (!this.#parts.length) {
      this.clock.textContent = "–";
      return;
    }
    const place = this.#place;
    const at = momentOf(this.#parts, place);
    if (!this.#dragged) this.bar.value = place;
    this.bar.setAttribute("aria-valuetext", moment(at));
    this.clock.textContent = `${place.toFixed(1).padStart(4)} / ${lengthOf(this.#parts).toFixed(1)} s`;
    this.clock.title = moment(at);
    this.overlay.moved(this.#number < 0 ? this.#facts.peak_at : at);
    this.dispatchEvent(new CustomEvent("awry-moment", { detail: { at }, bubbles: true }));
  }

  #playing(on) {
    button.change(this.button, on ? "pause" : "play", on ? _("Pause") : _("Play"));
    if (!on && !this.video.ended && this.#number + 1 >= this.#parts.length) this.#wanted = false;
    this.dispatchEvent(new CustomEvent(on ? "awry-play" : "awry-pause", { bubbles: true }));
  }

  async #failed() {
    const part = this.#parts[this.#number];
    if (!part || !this.video.error) return;
    this.#wanted = false;
    let said = _("This browser cannot play the clip (%(codec)s). You can download it.", { codec: part.codec || "?" });
    try {
      const answer = await fetch(part.address, { headers: { Range: "bytes=0-0" } });
      if (answer.status === 404) said = _("The clip is not there any longer.");
    } catch {
      said = _("The server does not answer.");
    }
    this.#say(said);
  }

  #say(text) {
    this.said.textContent = text;
    this.said.hidden = text === "";
  }

  #enlarge() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.requestFullscreen?.().catch(() => this.#say(_("This browser does not allow a full screen.")));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.speeds) return;
    const by = { ArrowLeft: -1, ArrowRight: 1, ",": -0.1, ".": 0.1 }[event.key];
    if (by !== undefined && this.#parts.length) {
      this.#go(Math.min(Math.max(this.#place + by, 0), lengthOf(this.#parts)));
    } else if (event.key === "h" && !this.heat.hidden) this.heat.click();
    else if (event.key === "b" && !this.boxes.hidden) this.boxes.click();
    else if (event.key === "f") this.#enlarge();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

customElements.define("awry-player", Player);
