// All cameras at a glance: one request brings every tile up to date; the pictures in them stay.
import { fragment } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { _ } from "../kit/words.js";
import { alerts } from "./alerts.js";
import { arming } from "./arming.js";
import "./cards.js";
import "./live.js";
import { newest } from "./newest.js";
import "./strip.js";
import { wall } from "./wall.js";

const EVERY_MS = 10_000;
const HIDDEN_MS = 30_000;
const OLD_MS = 40_000;
const SOON_MS = 1000;
const holder = document.querySelector("[data-tiles]");
const title = document.title;
const site = title.slice(title.lastIndexOf(" · "));
let timer = null;
let due = 0;
let busy = false;
let fresh = Date.now();

/** Replace what is said of a camera, and leave its picture and the focus alone. */
function brought(tile, fresh) {
  const facts = tile.querySelector("[data-facts]");
  const next = fresh.querySelector("[data-facts]");
  if (tile.was === next.outerHTML) return;
  tile.was = next.outerHTML;
  const view = tile.querySelector(".view");
  const nextView = fresh.querySelector(".view");
  if (view.firstElementChild.localName !== nextView.firstElementChild.localName) view.replaceWith(nextView);
  const focused = facts.contains(document.activeElement);
  facts.replaceWith(next);
  if (focused) next.querySelector("[data-arm]")?.focus();
}

function taken(content) {
  const summary = content.querySelector("#summary");
  const old = document.getElementById("summary");
  if (old.textContent !== summary.textContent) old.replaceChildren(...summary.childNodes);
  document.title = `${summary.dataset.title}${site}`;
  const there = new Map([...holder.querySelectorAll("[data-tile]")].map((one) => [one.dataset.tile, one]));
  let before = null;
  for (const fresh of [...content.querySelectorAll("[data-tile]")]) {
    const known = there.get(fresh.dataset.tile);
    there.delete(fresh.dataset.tile);
    if (known) brought(known, fresh);
    const tile = known ?? fresh;
    const place = before === null ? holder.firstElementChild : before.nextElementSibling;
    if (place !== tile) moved(tile, place);
    before = tile;
  }
  for (const gone of there.values()) gone.remove();
}

/** Put a tile at its place, without a restart of its picture where the browser can. */
function moved(tile, place) {
  if (holder.moveBefore && tile.isConnected) holder.moveBefore(tile, place);
  else holder.insertBefore(tile, place);
}

async function load() {
  timer = null;
  if (busy) return soon();
  busy = true;
  try {
    taken(await fragment("/ui/now/tiles"));
    fresh = Date.now();
  } catch {
    // The page says itself that the server is away.
  } finally {
    busy = false;
    if (timer === null) again(document.hidden ? HIDDEN_MS : EVERY_MS);
  }
}

function again(after) {
  clearTimeout(timer);
  due = Date.now() + after;
  timer = setTimeout(load, after);
}

function soon() {
  if (timer === null || due > Date.now() + SOON_MS) again(SOON_MS);
}

for (const tile of holder.querySelectorAll("[data-tile]")) {
  tile.was = tile.querySelector("[data-facts]").outerHTML;
}
for (const kind of ["state", "flag", "budget", "config", "bundle", "reset"]) hear(kind, soon);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) soon();
});
again(EVERY_MS);
// Whatever the reason is that nothing new came: what stands here is not to be believed then.
setInterval(() => document.documentElement.toggleAttribute("data-old", !document.hidden && Date.now() - fresh > OLD_MS), 2000);

arming(holder, (button, armed) => {
  if (armed !== null) {
    button.setAttribute("aria-checked", String(armed));
    button.querySelector("span").textContent = armed ? _("Armed") : _("Disarmed");
  }
  soon();
});

newest(document.querySelector("[data-newest]"), document.querySelector("[data-more]"));
alerts();
wall(holder);
