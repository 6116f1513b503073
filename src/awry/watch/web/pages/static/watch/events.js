// The page of events: found by filters, more by scrolling, new ones by themselves, judged by keys.
import { fragment, may } from "../kit/api.js";
import { key } from "../kit/keys.js";
import { hear } from "../kit/stream.js";
import { arrange } from "../kit/sync.js";
import { tried } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";
import "../kit/grid.js";
import { judged, kept, play, snoozed } from "./cards.js";
import { count, fill, queryOf } from "./filters.js";
import { undo } from "./judge.js";
import { noteOn } from "./note.js";
import { Selection } from "./selection.js";
import { counted } from "./snooze.js";

const grid = document.getElementById("events");
const form = document.getElementById("filters");
const news = document.getElementById("news");
const more = document.getElementById("more");
const none = document.getElementById("none");
const opened = new Map();
let next = grid.dataset.next;
let query = new URLSearchParams(location.search);
let asking = null;
let waiting = 0;

const selection = new Selection(grid, document.getElementById("selection"), () => query);
const heads = () => [...grid.children].filter((one) => !one.dataset.behind);
const keysOf = (cards) => cards.map((one) => one.dataset.key);

// ---- what is shown ----------------------------------------------------------------------------

/** A page of cards as the server renders it. */
async function page(cursor = "", signal = undefined) {
  const wanted = new URLSearchParams(query);
  if (cursor) wanted.set("cursor", cursor);
  const found = await fragment(`/ui/events?${wanted}`, { signal });
  return found.querySelector("[data-list]");
}

/** Groups that are opened keep their near-duplicates behind them. */
const withOpened = (keys) => keys.flatMap((one) => [one, ...(opened.get(one) ?? [])]);

function settle() {
  none.hidden = grid.children.length > 0;
  more.hidden = !next;
  for (const card of heads()) {
    const isOpen = opened.has(card.dataset.key);
    card.dataset.opened = isOpen ? "true" : "";
    card.querySelector("[data-do=more]")?.setAttribute("aria-expanded", String(isOpen));
  }
  selection.show();
}

async function find() {
  asking?.abort();
  asking = new AbortController();
  grid.setAttribute("aria-busy", "true");
  const fine = await tried(async () => {
    const list = await page("", asking.signal);
    opened.clear();
    next = list.dataset.next;
    arrange(grid, keysOf([...list.children]), list);
    tell(0);
    settle();
  });
  if (fine) grid.removeAttribute("aria-busy");
}

async function older() {
  if (!next || more.disabled) return;
  more.disabled = true;
  await tried(async () => {
    const list = await page(next);
    next = list.dataset.next;
    const known = new Set(keysOf([...grid.children]));
    grid.append(...[...list.children].filter((one) => !known.has(one.dataset.key)));
    settle();
  });
  more.disabled = false;
}

const atTop = () => scrollY < 150;

/** Take over what is new and what has changed among the newest; new ones wait where one looks elsewhere. */
async function renew({ all = false } = {}) {
  const list = await page();
  const fresh = [...list.children];
  const known = new Map(heads().map((one, place) => [one.dataset.key, place]));
  const strangers = fresh.filter((one) => !known.has(one.dataset.key));
  if (!all && !atTop() && strangers.length) {
    tell(strangers.length);
    for (const one of strangers) one.remove();
  } else tell(0);
  const taken = [...list.children];
  const last = Math.max(-1, ...taken.map((one) => known.get(one.dataset.key) ?? -1));
  // What was loaded behind the newest stays; what is not among the newest any longer goes.
  const behind = list.dataset.next ? heads().slice(last + 1) : [];
  const kept = behind.filter((one) => !taken.some((each) => each.dataset.key === one.dataset.key));
  if (kept.length === 0) next = list.dataset.next;
  arrange(grid, withOpened(keysOf([...taken, ...kept])), list);
  settle();
}

function tell(num) {
  waiting = num;
  news.hidden = num === 0;
  if (num) news.textContent = ngettext("%(num)s new event", "%(num)s new events", num);
}

let renewing = false;
let again = false;

/** One request at a time, however much changes; the longer one takes, the longer until the next. */
async function changed() {
  again = true;
  if (renewing) return;
  renewing = true;
  while (again) {
    again = false;
    const begun = performance.now();
    await tried(() => renew());
    const pause = Math.max(700, 4 * (performance.now() - begun));
    await new Promise((done) => setTimeout(done, pause));
  }
  renewing = false;
}

// ---- near-duplicates --------------------------------------------------------------------------

async function open(card) {
  const name = card.dataset.key;
  if (opened.has(name)) {
    const behind = new Set(opened.get(name));
    opened.delete(name);
    for (const one of [...grid.children]) if (behind.has(one.dataset.key) && one.dataset.behind) one.remove();
    settle();
    return;
  }
  const uids = card.dataset.others.split(" ").filter(Boolean).map((one) => one.split("=")[0]);
  await tried(async () => {
    const found = await fragment(`/ui/cards?${new URLSearchParams(uids.map((uid) => ["uid", uid]))}`);
    const cards = [...found.querySelectorAll("[data-event]")];
    for (const one of cards) {
      one.dataset.behind = name;
      // The oldest of them has the key of the whole group.
      one.dataset.key = `${name}/${one.dataset.event}`;
      one.dataset.own = `${one.dataset.own} data-key data-behind`;
    }
    opened.set(name, keysOf(cards));
    card.after(...cards);
    settle();
  });
}

grid.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do=more]");
  if (button) open(button.closest("[data-event]"));
});

// ---- filters ----------------------------------------------------------------------------------

function asked() {
  query = queryOf(form);
  count(form, query);
  const text = query.toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
  find();
}

form.addEventListener("change", asked);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
  event.preventDefault();
  for (const one of form.elements) {
    if (one.type === "checkbox") one.checked = false;
    else if (one.name) one.value = "";
  }
  asked();
});

// ---- what changes ------------------------------------------------------------------------------

/** Cards of opened groups and of older pages, of which the newest page says nothing. */
async function others(uids) {
  const shown = [...grid.children].filter((one) => uids.has(one.dataset.event));
  const known = new Set(heads().slice(0, 24));
  const stale = shown.filter((one) => one.dataset.behind || !known.has(one));
  for (let first = 0; first < Math.min(stale.length, 100); first += 50) {
    const some = stale.slice(first, first + 50);
    const found = await fragment(`/ui/cards?${new URLSearchParams(some.map((one) => ["uid", one.dataset.event]))}`);
    for (const one of some) replace(one, found);
  }
}

function replace(card, found) {
  const fresh = [...found.querySelectorAll("[data-event]")].find((one) => one.dataset.event === card.dataset.event);
  if (!fresh) return;
  card.dataset.label = fresh.dataset.label;
  for (const part of [".marks", ".actions"]) {
    const [old, made] = [card.querySelector(part), fresh.querySelector(part)];
    if (old && made) old.replaceChildren(...made.childNodes);
  }
}

hear("event", (changes) => {
  changed();
  tried(() => others(new Set(changes.map((one) => one.subject))));
});
hear("reset", changed);
news.addEventListener("click", () => {
  scrollTo({ top: 0 });
  tried(async () => {
    await renew({ all: true });
    grid.choose(grid.cards[0] ?? null, { focus: true });
  });
});
more.addEventListener("click", older);
new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && older(), { rootMargin: "600px" }).observe(more);
addEventListener("scroll", () => atTop() && waiting && changed(), { passive: true });

const places = document.getElementById("snoozed");
places.querySelector("awry-snoozes").addEventListener("awry-snoozes", (event) => {
  places.hidden = event.detail.count === 0;
  places.querySelector("summary").firstChild.textContent = counted(event.detail.count);
});

// ---- keys -------------------------------------------------------------------------------------

grid.on([" "], _("play the clip, or stop it"), play);
if (may("feedback")) {
  grid.on("a", _("it is abnormal"), (card) => onwards(card, () => judged(card, "abnormal")));
  grid.on("n", _("it is normal"), (card) => onwards(card, () => judged(card, "normal")));
  key("u", _("undo the last judgement"), () => undo());
  grid.on("c", _("add a note"), noteOn);
  grid.on("s", _("snooze this place"), snoozed);
  grid.on("p", _("keep its clip"), kept);
}
grid.on("x", _("select it"), (card) => selection.toggle(card));
grid.on("m", _("show those that are like it"), (card) => card.querySelector("[data-do=more]") && open(card));
grid.on("Enter", _("open it"), (card) => location.assign(`/events/${card.dataset.event}`));

/** After a judgement the next one is chosen, once. */
function onwards(card, judge) {
  const fresh = !card.dataset.label;
  judge();
  if (fresh) grid.step(1);
}

// ---- where one was ------------------------------------------------------------------------------

grid.addEventListener("chosen", (event) => {
  history.replaceState(null, "", `${location.pathname}${location.search}#${event.detail.card.dataset.key}`);
});

async function back() {
  const wanted = decodeURIComponent(location.hash.slice(1)).split("/")[0];
  for (let pages = 0; wanted && !grid.card(wanted) && next && pages < 20; pages += 1) await older();
  const card = wanted && grid.card(wanted);
  if (card) {
    grid.choose(card);
    card.scrollIntoView({ block: "center" });
  }
}

fill(form);
settle();
back();
