// Video of a camera: MP4 in fragments from a websocket into a <video>, near the newest picture.
const LONGEST_RETRY_MS = 30000;
const BEHIND_S = 2.5; // further behind the newest picture, playing jumps
const KEPT_S = 20; // so much of what was played stays
const MOST_WAITING = 8 * 2 ** 20; // bytes; a browser that takes none begins anew

/**
 * Events: `fresh` (something new is shown), `pictures` (there is no video: `detail.kind` says why).
 * For good kinds (`browser`, `codec`, `masked`, `off`) it does not try again; else it does.
 */
export class Video extends EventTarget {
  #camera;
  #element;
  #socket = null;
  #source = null;
  #buffer = null;
  #queue = [];
  #waiting = 0;
  #retry = 0;
  #failures = 0;
  #closed = false;
  #address = "";
  playing = false;

  constructor(camera, element) {
    super();
    this.#camera = camera;
    this.#element = element;
    if (!("MediaSource" in globalThis)) queueMicrotask(() => this.#pictures("browser"));
    else this.#open();
  }

  /** End it. */
  close() {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#end();
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const path = `/api/v1/cameras/${this.#camera}/live`;
    const socket = (this.#socket = new WebSocket(`${scheme}://${location.host}${path}`));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      if (typeof data === "string") this.#said(JSON.parse(data));
      else this.#came(data);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket || this.#closed) return;
      if (code === 4401) document.dispatchEvent(new Event("awry-logged-out"));
      this.#again();
    });
  }

  #said({ mime, codec, kind, error }) {
    if (error) {
      const forGood = ["codec", "masked", "off"].includes(kind);
      this.#pictures(kind, codec);
      if (forGood) this.#closed = true;
      return;
    }
    if (!MediaSource.isTypeSupported(mime)) {
      this.#closed = true;
      this.#pictures("browser", codec);
      this.#end();
      return;
    }
    this.#begin(mime);
  }

  #begin(mime) {
    const source = (this.#source = new MediaSource());
    this.#address = URL.createObjectURL(source);
    source.addEventListener(
      "sourceopen",
      () => {
        if (source !== this.#source) return;
        this.#buffer = source.addSourceBuffer(mime);
        this.#buffer.addEventListener("updateend", () => this.#feed());
        this.#buffer.addEventListener("error", () => this.#again());
        this.#feed();
      },
      { once: true },
    );
    this.#element.src = this.#address;
  }

  #came(data) {
    this.#queue.push(data);
    this.#waiting += data.byteLength;
    if (this.#waiting > MOST_WAITING) this.#again();
    else this.#feed();
  }

  #feed() {
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating || this.#source?.readyState !== "open") return;
    try {
      this.#follow(buffer);
      if (buffer.updating || this.#queue.length === 0) return;
      const all = this.#queue.length === 1 ? this.#queue[0] : joined(this.#queue, this.#waiting);
      this.#queue = [];
      this.#waiting = 0;
      buffer.appendBuffer(all);
    } catch {
      this.#again();
    }
  }

  /** Stay near the newest picture, over what was left out, and drop what is over. */
  #follow(buffer) {
    const { buffered } = buffer;
    if (buffered.length === 0) return;
    const [start, end] = [buffered.start(buffered.length - 1), buffered.end(buffered.length - 1)];
    const now = this.#element.currentTime;
    if (now < start || end - now > BEHIND_S) this.#element.currentTime = Math.max(start, end - 0.2);
    if (this.#element.paused) this.#element.play().catch(() => {});
    if (this.#element.readyState >= 2) {
      this.playing = true;
      this.#failures = 0;
      this.dispatchEvent(new Event("fresh"));
    }
    if (now - buffered.start(0) > 2 * KEPT_S) buffer.remove(0, now - KEPT_S);
  }

  #pictures(kind, codec = "") {
    this.playing = false;
    this.dispatchEvent(new CustomEvent("pictures", { detail: { kind, codec } }));
  }

  #again() {
    if (this.#closed) return;
    this.#end();
    this.#pictures("away");
    const pause = Math.min(LONGEST_RETRY_MS, 500 * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), pause * (0.75 + 0.5 * Math.random()));
  }

  #end() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#source = this.#buffer = null;
    this.#queue = [];
    this.#waiting = 0;
    this.playing = false;
    if (this.#address) {
      URL.revokeObjectURL(this.#address);
      this.#address = "";
      this.#element.removeAttribute("src");
      this.#element.load();
    }
  }
}

function joined(parts, size) {
  const all = new Uint8Array(size);
  let place = 0;
  for (const one of parts) {
    all.set(new Uint8Array(one), place);
    place += one.byteLength;
  }
  return all.buffer;
}
