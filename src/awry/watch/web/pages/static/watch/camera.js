// The page of a camera: what its detector sees over the picture, its state, events and settings.
import { fragment, patch } from "../kit/api.js";
import { key } from "../kit/keys.js";
import { hear } from "../kit/stream.js";
import { toast, tried } from "../kit/toast.js";
import { _ } from "../kit/words.js";
import { arming } from "./arming.js";
import "./cards.js";
import "./curve.js";
import "./live.js";
import { Looking } from "./looking.js";
import { merged } from "./newest.js";
import "./strip.js";

const SOON_MS = 500;
const EVERY_MS = 10_000;
const page = document.querySelector(".camera");
const view = document.querySelector(".camera-view");
const camera = page.dataset.camera;
const ui = `/ui/cameras/${encodeURIComponent(camera)}`;
const api = `/api/v1/cameras/${encodeURIComponent(camera)}`;
const mine = (then) => (changes) => changes.some((one) => !one.camera || one.camera === camera) && then();

/** Call a function soon, once, however often it is asked for; and every so often. */
function repeated(what, everyMs) {
  let timer = 0;
  let busy = false;
  async function run() {
    timer = 0;
    if (!document.hidden && !busy) {
      busy = true;
      await what().catch(() => {}); // the bar says that the server is away
      busy = false;
    }
    later(everyMs);
  }
  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  }
  document.addEventListener("visibilitychange", () => document.hidden || later(SOON_MS));
  later(everyMs);
  return () => later(SOON_MS);
}

// ---- the picture and what is drawn over it -------------------------------------------------

const looking = new Looking(view.querySelector("awry-live"), camera);
const why = view.querySelector("[data-why]");
const curve = view.querySelector("awry-curve");
looking.addEventListener("now", ({ detail }) => {
  const over = detail?.threshold != null && detail.score != null && detail.score >= detail.threshold;
  const text = detail === null ? _("Nothing is scored at the moment.") : over ? detail.why : _("All as usual.");
  if (why.textContent !== text) why.textContent = text;
  why.classList.toggle("over", over);
  curve.take?.(detail);
});

function layer(button) {
  const name = button.dataset.layer;
  const on = button.getAttribute("aria-pressed") === "true";
  looking.want(name, on);
  if (name === "heat") view.classList.toggle("no-heat", !on);
}

function toggle(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  layer(button);
  const place = new URL(location.href);
  if (on) place.searchParams.delete(button.dataset.layer);
  else place.searchParams.set(button.dataset.layer, "false");
  history.replaceState(null, "", place);
}

const layers = [...view.querySelectorAll("[data-layer]")];
for (const button of layers) {
  layer(button);
  button.addEventListener("click", () => toggle(button));
}
const full = view.querySelector("[data-full]");
full.hidden = !document.fullscreenEnabled;
const fullScreen = () => (document.fullscreenElement ? document.exitFullscreen() : view.requestFullscreen());
full.addEventListener("click", () => fullScreen().catch(() => {}));
key("h", _("heat on or off"), () => toggle(layers[0]));
key("r", _("regions on or off"), () => toggle(layers[1]));
key("f", _("full screen on or off"), () => fullScreen().catch(() => {}));

// ---- state and events ----------------------------------------------------------------------

const facts = document.querySelector("[data-holds-facts]");
let shown = facts.innerHTML;
const state = repeated(async () => {
  const fresh = document.createElement("div");
  fresh.append(await fragment(`${ui}/facts`));
  if (fresh.innerHTML === shown) return;
  shown = fresh.innerHTML;
  const focused = facts.contains(document.activeElement);
  facts.replaceChildren(...fresh.childNodes);
  if (focused) facts.querySelector("[data-arm]")?.focus();
}, EVERY_MS);
for (const kind of ["state", "flag", "budget", "config", "bundle", "reset"]) hear(kind, mine(state));

arming(facts, state);

const list = document.querySelector("[data-newest]");
for (const one of list.children) one.dataset.was = one.innerHTML;
const events = repeated(async () => {
  const holder = document.createElement("ol");
  holder.append(await fragment(`${ui}/events`));
  for (const one of holder.children) one.dataset.was = one.innerHTML;
  if (!list.querySelector("awry-player")) merged(list, holder);
}, 6 * EVERY_MS);
for (const kind of ["event", "clip", "judgement", "reset"]) hear(kind, mine(events));

// ---- settings ------------------------------------------------------------------------------

const form = document.querySelector("[data-settings]");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { enabled, armed, cooldown_s: cooldown } = form.elements;
  const wanted = {};
  if (enabled.checked !== enabled.defaultChecked) wanted.enabled = enabled.checked;
  if (!armed.selectedOptions[0].defaultSelected) wanted.armed = armed.value;
  if (cooldown.value !== cooldown.defaultValue) wanted.cooldown_s = Number(cooldown.value);
  const alert = form.querySelector("[role=alert]");
  alert.textContent = "";
  if (Object.keys(wanted).length === 0) {
    toast(_("Nothing was changed."));
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await patch(`${api}/config`, wanted);
    enabled.defaultChecked = enabled.checked;
    for (const one of armed.options) one.defaultSelected = one.selected;
    cooldown.defaultValue = cooldown.value;
    toast(_("Saved."));
    state();
  } catch (error) {
    alert.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});
