// A camera's live picture: JPEG at once, then video; never an old picture as if it were live.
//
//   <awry-live camera="door" label="Live picture of door" mode="video" width="1280"
//              last-seen="1800000000"></awry-live>
//
// camera     its name.
// label      what a screen reader calls the picture.
// mode       `video`: video as soon as it can be; `still` (else): pictures alone, every `every` s.
// width      pixels that are asked for, about; else as wide as the element is shown.
// every      seconds between pictures in mode `still`; 2 without.
// last-seen  when the camera was seen last, in seconds since 1970; for before the first picture.
//
// It stops while it is not seen. `pictureBox()` says where in the element the picture lies, and the
// event `awry-live` tells of each change of `shows`, `stale` and `taken`.
import { refusal } from "../kit/api.js";
import { moment } from "../kit/times.js";
import { _ } from "../kit/words.js";
import { Video } from "./live-video.js";

const STALE_MS = 8000;
const FAST_MS = 500;
const TROUBLE_MS = 4000; // between questions to a camera that gives no picture
const OFF_MS = 30000; // the same of one that is switched off
const NAMES = {
  hevc: "H.265",
  h264: "H.264",
  mjpeg: "MJPEG",
  mpeg4: "MPEG-4",
  vp9: "VP9",
  av1: "AV1",
};

class Live extends HTMLElement {
  static observedAttributes = ["mode", "camera"];

  #built = false;
  #seen = false;
  #timer = 0;
  #ask = null;
  #video = null;
  #address = "";
  #freshAt = -Infinity;
  #began = 0;
  #why = "";
  #off = false;
  taken = null;

  get camera() {
    return this.getAttribute("camera");
  }

  get #wantsVideo() {
    return this.getAttribute("mode") === "video";
  }

  connectedCallback() {
    if (!this.#built) this.#build();
    this.taken = Number(this.getAttribute("last-seen")) || this.taken;
    this.observer = new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1).isIntersecting;
      this.#update();
    });
    this.observer.observe(this);
    this.hidden_ = () => this.#update();
    document.addEventListener("visibilitychange", this.hidden_);
    this.ageing = setInterval(() => this.#show(), 1000);
  }

  disconnectedCallback() {
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.hidden_);
    clearInterval(this.ageing);
    this.#stop();
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    this.#stop();
    if (name === "camera") this.#freshAt = -Infinity;
    this.#update();
  }

  #build() {
    this.#built = true;
    this.image = document.createElement("img");
    this.image.alt = this.getAttribute("label") ?? _("Live picture of %(camera)s", { camera: this.camera });
    this.image.decoding = "async";
    this.image.hidden = true;
    this.player = document.createElement("video");
    Object.assign(this.player, { muted: true, playsInline: true, autoplay: true, disableRemotePlayback: true });
    this.player.setAttribute("aria-hidden", "true");
    this.player.tabIndex = -1;
    this.seen = document.createElement("p");
    this.seen.className = "live-seen";
    this.seen.hidden = true;
    this.note = document.createElement("p");
    this.note.className = "live-note";
    this.dataset.shows = "pictures";
    this.prepend(this.image, this.player, this.seen, this.note);
  }

  // ---- running while it is looked at -------------------------------------------------------

  #update() {
    const wanted = this.#seen && document.visibilityState === "visible";
    if (!wanted) this.#stop();
    else if (this.#timer === 0 && this.#video === null) this.#start();
  }

  #start() {
    this.#began = performance.now();
    this.#next(0);
    if (this.#wantsVideo) this.#play();
  }

  #play() {
    this.#off = false;
    this.#video?.close();
    this.#video = new Video(this.camera, this.player);
    this.#video.addEventListener("fresh", () => {
      this.#freshAt = performance.now();
      this.taken = Date.now() / 1000;
      if (this.dataset.shows !== "video") this.#set("video", "");
      else if ("stale" in this.dataset) this.#show();
    });
    this.#video.addEventListener("pictures", (event) => {
      this.#off = event.detail.kind === "off";
      this.#set("pictures", said(event.detail));
      if (!this.#why) this.#next(0);
    });
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#ask?.abort();
    this.#ask = null;
    this.#video?.close();
    this.#video = null;
    if (this.#built) this.dataset.shows = "pictures";
  }

  #next(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#picture(), ms);
  }

  get #pause() {
    if (this.#why) return this.#off ? OFF_MS : TROUBLE_MS;
    if (this.#wantsVideo) return this.#video?.playing ? 2000 : FAST_MS;
    return 1000 * Math.max(0.25, Number(this.getAttribute("every")) || 2);
  }

  async #picture() {
    if (!(this.#video?.playing && performance.now() - this.#freshAt < STALE_MS / 2)) {
      await this.#fetch();
    }
    if (this.#timer !== 0) this.#next(this.#pause);
  }

  async #fetch() {
    const ask = (this.#ask = new AbortController());
    const wide = Number(this.getAttribute("width")) || this.clientWidth * devicePixelRatio;
    const width = Math.min(3840, Math.max(160, Math.ceil(wide / 160) * 160));
    const timer = setTimeout(() => ask.abort(), 6000);
    try {
      const path = `/api/v1/cameras/${this.camera}/live.jpg?width=${width}&stale=true`;
      const answer = await fetch(path, { signal: ask.signal, cache: "no-cache" });
      if (!answer.ok) {
        this.#why = (await refusal(answer)).message;
        return;
      }
      this.#why = "";
      if (this.#off) this.#play();
      await this.#paint(await answer.blob());
      const age = Number(answer.headers.get("age")) || 0;
      this.taken = Number(answer.headers.get("x-awry-taken")) || this.taken;
      if (!this.#video?.playing) this.#freshAt = performance.now() - 1000 * age;
    } catch {
      return; // the age of the last picture says it
    } finally {
      clearTimeout(timer);
      if (this.#ask === ask) this.#ask = null;
      this.#show();
    }
  }

  async #paint(blob) {
    const address = URL.createObjectURL(blob);
    const old = this.#address;
    this.#address = this.image.src = address;
    this.image.hidden = false;
    try {
      await this.image.decode();
    } finally {
      if (old) URL.revokeObjectURL(old);
    }
  }

  // ---- what is said ------------------------------------------------------------------------

  #set(shows, note) {
    this.dataset.shows = shows;
    this.reason = note;
    this.#show();
  }

  #show() {
    const now = performance.now();
    const waits = !this.#why && now - this.#began < STALE_MS && this.#freshAt === -Infinity;
    const stale = !waits && now - this.#freshAt > STALE_MS;
    this.toggleAttribute("data-stale", stale);
    this.toggleAttribute("data-empty", this.#freshAt === -Infinity);
    const seen = this.taken ? _("Last seen %(time)s", { time: moment(this.taken) }) : _("No picture yet");
    text(this.seen, stale ? seen : "");
    this.seen.hidden = !stale;
    this.seen.title = this.#why;
    text(this.note, stale ? this.#why || _("not live") : waits ? _("connecting …") : this.#how());
    this.note.title = this.note.textContent;
    const detail = { shows: this.dataset.shows, stale: stale || waits, taken: this.taken };
    const key = `${detail.shows} ${detail.stale} ${Math.round(this.taken ?? 0)}`;
    if (key !== this.told) {
      this.told = key;
      this.dispatchEvent(new CustomEvent("awry-live", { detail, bubbles: true }));
    }
  }

  #how() {
    if (this.dataset.shows === "video") return _("live video");
    return this.reason || _("live pictures");
  }

  /** Where in this element the picture lies: `{x, y, width, height}` in CSS pixels, or null. */
  pictureBox() {
    const video = this.dataset.shows === "video";
    const wide = video ? this.player.videoWidth : this.image.naturalWidth;
    const high = video ? this.player.videoHeight : this.image.naturalHeight;
    if (!wide || !high) return null;
    const share = Math.min(this.clientWidth / wide, this.clientHeight / high);
    const [width, height] = [wide * share, high * share];
    return { x: (this.clientWidth - width) / 2, y: (this.clientHeight - height) / 2, width, height };
  }
}

function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Why there are pictures in place of video. */
function said({ kind, codec = "" }) {
  const name = NAMES[codec] ?? codec;
  const video = _("video"); // apart, since what reads out the words looks at no call within a call
  switch (kind) {
    case "browser":
      return _("pictures, since this browser cannot play %(codec)s", { codec: name || video });
    case "codec":
      return codec === "mjpeg" || !name
        ? _("pictures, since the stream is MJPEG")
        : _("pictures, since the stream is %(codec)s", { codec: name });
    case "masked":
      return _("pictures, since parts of them are masked");
    case "busy":
      return _("pictures, since many watch this camera");
    default:
      return _("live pictures");
  }
}

// Its looks come with it, on whatever page it is.
if (!document.querySelector('link[href$="/live.css"]')) {
  const looks = document.createElement("link");
  looks.rel = "stylesheet";
  looks.href = new URL("live.css", import.meta.url);
  document.head.append(looks);
}
customElements.define("awry-live", Live);
