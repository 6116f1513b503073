// Sound and browser messages for new alarms: asked for by a click, remembered by this browser.
import { hear } from "../kit/stream.js";
import { toast } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";

const QUIET_S = 4;
const KEPT = 500;
const stored = {
  get: (kind) => {
    try {
      return localStorage.getItem(`awry-alert-${kind}`) === "on";
    } catch {
      return false;
    }
  },
  set: (kind, on) => {
    try {
      localStorage.setItem(`awry-alert-${kind}`, on ? "on" : "");
    } catch {
      // It lasts for this page alone then.
    }
  },
};
const on = { sound: false, message: false };
const said = new Set();
let context = null;
let sounded = 0;

/** Two short tones, the second higher. */
function sound() {
  if (context === null || context.state !== "running") return;
  const now = context.currentTime;
  for (const [frequency, after] of [[660, 0], [880, 0.18]]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, now + after);
    volume.gain.exponentialRampToValueAtTime(0.3, now + after + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, now + after + 0.16);
    tone.connect(volume).connect(context.destination);
    tone.start(now + after);
    tone.stop(now + after + 0.2);
  }
}

async function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") await context.resume();
}

const ways = {
  async sound(wanted) {
    if (wanted) {
      await wake();
      sound();
    }
    return wanted;
  },
  async message(wanted) {
    if (!wanted) return false;
    if (!("Notification" in globalThis) || !isSecureContext) {
      toast(_("This browser shows messages only over HTTPS or on the machine itself."), { bad: true });
      return false;
    }
    const given = await Notification.requestPermission();
    if (given !== "granted") toast(_("The browser does not allow messages of this page; allow them in its settings."), { bad: true });
    return given === "granted";
  },
};

function show(kind) {
  const button = document.querySelector(`[data-alert="${kind}"]`);
  button?.setAttribute("aria-pressed", String(on[kind]));
}

/** Alarms among changes that were not said yet. */
function fresh(changes) {
  const found = changes.filter((one) => one.payload.told && !said.has(one.subject) && ["new", "update", "end"].includes(one.payload.phase));
  for (const one of found) said.add(one.subject);
  if (said.size > KEPT) for (const one of [...said].slice(0, KEPT / 2)) said.delete(one);
  // What ended long ago, e.g. told again after a lost connection, wakes nobody.
  return [...new Map(found.map((one) => [one.subject, one])).values()].filter((one) => Date.now() / 1000 - one.at < 120);
}

function alarm(changes) {
  const found = fresh(changes);
  if (!found.length) return;
  const names = [...new Set(found.map((one) => one.camera))].join(", ");
  const now = Date.now() / 1000;
  if (on.sound && now - sounded > QUIET_S) {
    sounded = now;
    sound();
  }
  if (on.message && Notification.permission === "granted") {
    const text = ngettext("Alarm: %(names)s", "%(num)s alarms: %(names)s", found.length, { names });
    const shown = new Notification(text, { tag: "awry-alarm", renotify: true, silent: true });
    shown.onclick = () => {
      focus();
      location.assign(`/events/${encodeURIComponent(found.at(-1).subject)}`);
    };
  }
}

export function alerts() {
  for (const kind of ["sound", "message"]) {
    const button = document.querySelector(`[data-alert="${kind}"]`);
    button?.addEventListener("click", async () => {
      on[kind] = await ways[kind](!on[kind]);
      stored.set(kind, on[kind]);
      show(kind);
    });
  }
  on.sound = stored.get("sound");
  on.message = stored.get("message") && globalThis.Notification?.permission === "granted";
  show("sound");
  show("message");
  if (on.sound) {
    // A browser lets a page sound only after a click or a key.
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => wake(), { once: true });
    if (!navigator.userActivation?.hasBeenActive) toast(_("The sound comes once you have clicked on the page."));
  }
  hear("event", alarm);
}
