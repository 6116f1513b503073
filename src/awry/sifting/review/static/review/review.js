// The review page: moments are marked by mouse and keys, and the ranking learns from that.
import { ApiError, fragment, get, may, post } from "../kit/api.js";
import "../kit/grid.js";
import { key } from "../kit/keys.js";
import { connection } from "../kit/stream.js";
import { arrange, sync } from "../kit/sync.js";
import { _ } from "../kit/words.js";
import { load } from "./pictures.js";

const POLL = 400; // milliseconds
const KEYS = 100; // cards that are asked for at once
const grid = document.getElementById("moments");
const said = document.getElementById("said");
const seen = { version: Number(grid.dataset.version), ended: Number(grid.dataset.ended), running: null };
const view = new URLSearchParams(location.search);
let turn = Promise.resolve();

/** Do things one after the other, as they were asked for; what fails is said. */
function inTurn(what) {
  turn = turn.then(() => what()).catch((error) => {
    if (!(error instanceof ApiError)) console.error(error);
    tell(error.message, true);
  });
  return turn;
}

function tell(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("bad", bad);
}

// ---- what is shown ----

/** Bring all parts of the page up to date; `chosen(moments)` may name the moment to choose then. */
async function refresh(chosen = stillThere) {
  const query = view.toString();
  const now = await get(`/api/moments?${query}`);
  const states = new Map(grid.cards.map((card) => [card.dataset.key, card.dataset.state]));
  const news = now.moments.filter((one) => states.get(one.key) !== one.state).map((one) => one.key);
  const fresh = document.createElement("div");
  for (let at = 0; at === 0 || at < news.length; at += KEYS) {
    const keys = news.slice(at, at + KEYS).map((one) => `&key=${one}`);
    const parts = await fragment(`/ui/parts?${query}${keys.join("")}`);
    for (const id of ["tools", "foot"]) sync(document.getElementById(id), parts.getElementById(id));
    fresh.append(...parts.getElementById("cards").children);
  }
  const pick = chosen(now.moments);
  arrange(grid, now.moments.map((one) => one.key), fresh);
  for (const one of news) picture(grid.card(one));
  if (pick) grid.choose(grid.card(pick.key) ?? grid.chosen, { focus: pick.focus });
  seen.version = now.version;
}

/** The moment that holds the frame which the chosen one showed. */
function stillThere(moments) {
  const card = grid.chosen;
  if (!card || moments.some((one) => one.key === card.dataset.key)) return null;
  return holding(moments, Number(card.dataset.clip), Number(card.dataset.place));
}

const holding = (moments, clip, place) =>
  moments.find((one) => one.clip === clip && one.first <= place && place <= one.last);

function show(changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) view.delete(name);
    else view.set(name, value);
  }
  history.replaceState(null, "", `?${view}`);
}

// ---- pictures ----

const heatForAll = () => view.get("heat") === "1";
/** Show a card's picture: `frame`, `heat` or `moving`; as before where nothing is said. */
function picture(card, kind = card?.dataset.shown ?? (heatForAll() ? "heat" : "frame")) {
  if (!card) return;
  card.dataset.shown = kind;
  load(card.querySelector("img"), card.dataset[kind]);
  for (const [name, shown] of [["play", "moving"], ["heat", "heat"]]) {
    const button = card.querySelector(`[data-do=${name}]`);
    button.setAttribute("aria-pressed", String(kind === shown));
  }
}

const still = () => (heatForAll() ? "heat" : "frame");

function play(card) {
  for (const other of grid.cards) {
    if (other !== card && other.dataset.shown === "moving") picture(other, still());
  }
  picture(card, card.dataset.shown === "moving" ? still() : "moving");
}

function heat(card) {
  if (card.querySelector("[data-do=heat]").disabled) return;
  picture(card, card.dataset.shown === "heat" ? "frame" : "heat");
}

// ---- marks ----

function mark(card, label) {
  const { clip, first, last, place } = card.dataset;
  const body = { clip: +clip, first: +first, last: +last, place: +place, label };
  if (may("feedback") && !seen.running) showLabel(card, label);
  return inTurn(async () => {
    try {
      tell((await post("/api/mark", body)).said);
    } finally {
      await refresh();
    }
  });
}

/** At once, before the server has answered. */
function showLabel(card, label) {
  card.dataset.label = label;
  card.dataset.state = "";
  for (const button of card.querySelectorAll(".abnormal, .normal")) {
    button.setAttribute("aria-pressed", String(button.dataset.do === label));
  }
}

function markAndGoOn(card, label) {
  mark(card, label);
  if (may("feedback") && !seen.running) grid.step(1);
}

const undo = () =>
  inTurn(async () => {
    const gone = await post("/api/undo");
    tell(gone.said);
    await refresh((moments) => {
      const found = gone.said && holding(moments, gone.clip, gone.place);
      return found ? { key: found.key, focus: true } : stillThere(moments);
    });
  });

// ---- learning ----

const learn = () =>
  inTurn(async () => {
    tell("");
    progress(await post("/api/learn"));
    await refresh();
  });

function progress(now) {
  const part = document.getElementById("progress");
  seen.running = now.running;
  part.hidden = !now.running;
  said.hidden = now.running;
  if (!now.running) return;
  const { title, detail, done, total } = now;
  const step = total
    ? _("Learning: %(title)s, step %(done)s of %(total)s", { title, done, total })
    : _("Learning: %(title)s", { title });
  part.querySelector("span").textContent = detail ? `${step} (${detail})` : step;
  part.querySelector("progress").value = total ? done / total : 0;
}

/** What happened meanwhile: learning went on or ended, another page marked. */
async function look() {
  const now = await get("/api/progress");
  const begun = seen.running !== null && seen.running !== now.running;
  progress(now);
  if (now.ended !== seen.ended) {
    seen.ended = now.ended;
    tell(now.outcome, now.failed);
    await refresh();
  } else if (now.version !== seen.version || begun) {
    await refresh();
  }
}

async function poll() {
  try {
    await inTurnQuietly(look);
    connection.dispatchEvent(new Event("open"));
  } catch {
    connection.dispatchEvent(new Event("lost"));
  }
  setTimeout(poll, document.hidden ? 5 * POLL : POLL);
}

function inTurnQuietly(what) {
  const done = turn.then(() => what());
  turn = done.catch(() => {});
  return done;
}

// ---- mouse and keys ----

const DOES = {
  abnormal: (card) => mark(card, "abnormal"),
  normal: (card) => mark(card, "normal"),
  play,
  heat,
};

grid.addEventListener("click", (event) => {
  const does = event.target.closest("[data-do]")?.dataset.do;
  if (does) DOES[does](event.target.closest("[data-key]"));
});
grid.addEventListener("dblclick", (event) => {
  if (event.target.closest(".judge-picture")) grid.toggleAttribute("data-large");
});

document.querySelector("main").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { show: kind, most, share } = button.dataset;
  if (kind !== undefined) {
    show({ show: kind, most: null });
    inTurn(refresh);
  } else if ("more" in button.dataset) {
    show({ most, share: share === "0.0" ? null : share });
    inTurn(refresh);
  } else if ("heat" in button.dataset) {
    show({ heat: heatForAll() ? null : "1" });
    for (const card of grid.cards) picture(card, still());
    inTurn(refresh);
  } else if ("undo" in button.dataset) {
    undo();
  } else if ("learn" in button.dataset) {
    learn();
  }
});

grid.on(["a"], _("abnormal"), (card) => markAndGoOn(card, "abnormal"));
grid.on(["n"], _("normal"), (card) => markAndGoOn(card, "normal"));
key("u", _("undo"), undo);
grid.on([" "], _("play"), play);
grid.on(["h"], _("heat map"), heat);
grid.on(["Enter"], _("large, and small again"), (card) => {
  grid.toggleAttribute("data-large");
  card.scrollIntoView({ block: "nearest" });
});

// The chosen moment stands in the address, once one stays with it.
let staying = 0;
grid.addEventListener("chosen", () => {
  clearTimeout(staying);
  staying = setTimeout(() => show({ at: grid.chosen?.dataset.key ?? null }), 500);
});

for (const card of grid.cards) picture(card);
const asked = grid.card(view.get("at"));
if (asked) grid.choose(asked, { focus: true });
poll();
