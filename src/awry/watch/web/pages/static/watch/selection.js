// Events that are selected, and what is done with all of them.
import { refusal } from "../kit/api.js";
import { tried } from "../kit/toast.js";
import { ngettext } from "../kit/words.js";
import { eventsOf, judge, keep } from "./judge.js";

export class Selection {
  #chosen = new Set();

  /** Of the cards in `grid`, with a bar; `query` gives what is looked for. */
  constructor(grid, bar, query) {
    this.grid = grid;
    this.bar = bar;
    this.query = query;
    grid.addEventListener("change", (event) => {
      if (event.target.matches("[data-do=select]")) this.#set(event.target.closest("[data-event]"), event.target.checked);
    });
    bar.addEventListener("click", (event) => {
      const what = event.target.closest("button[data-with]")?.dataset.with;
      if (what) this.#do(what);
    });
    for (const link of [bar.querySelector("[data-with=export]"), document.getElementById("export")]) {
      link.addEventListener("click", (event) => this.download(event));
    }
  }

  /** Save a data set, or say why there is none: a link would leave that to the browser. */
  async download(event) {
    event.preventDefault();
    const { href } = event.currentTarget;
    const asking = new AbortController();
    await tried(async () => {
      const answer = await fetch(href, { signal: asking.signal });
      if (!answer.ok) throw await refusal(answer);
      asking.abort();
      location.assign(href);
    });
  }

  toggle(card) {
    this.#set(card, !this.#chosen.has(card.dataset.key));
  }

  #set(card, on) {
    if (on) this.#chosen.add(card.dataset.key);
    else this.#chosen.delete(card.dataset.key);
    this.show();
  }

  /** The cards that are selected and there. */
  get cards() {
    return this.grid.cards.filter((one) => this.#chosen.has(one.dataset.key));
  }

  show() {
    const cards = this.cards;
    for (const card of this.grid.cards) {
      const on = this.#chosen.has(card.dataset.key);
      card.toggleAttribute("data-selected", on);
      const box = card.querySelector("[data-do=select]");
      if (box) box.checked = on;
    }
    this.bar.hidden = cards.length === 0;
    this.bar.querySelector("[data-count]").textContent = ngettext("%(num)s selected", "%(num)s selected", cards.length);
    const uids = cards.flatMap((card) => [...eventsOf(card, { alone: card.dataset.opened === "true" }).keys()]);
    const some = new URLSearchParams(uids.slice(0, 500).map((uid) => ["uid", uid]));
    this.bar.querySelector("[data-with=export]").href = `/api/v1/export?${some}`;
    const asked = new URLSearchParams([...this.query()].filter(([name]) => EXPORTED.has(name)));
    document.getElementById("export").href = `/api/v1/export?${asked}`;
  }

  async #do(what) {
    const cards = this.cards;
    if (what === "pin") await keep(cards.map((card) => card.dataset.event), true);
    else if (what === "abnormal" || what === "normal") {
      const each = cards.flatMap((card) => [...eventsOf(card, { alone: card.dataset.opened === "true" })]);
      await judge(new Map(each), what);
    }
    if (what === "none" || what === "pin") {
      this.#chosen.clear();
      this.show();
    }
  }
}

const EXPORTED = new Set(["camera", "since", "until", "label"]);
