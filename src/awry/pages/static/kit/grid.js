// Cards of which one is chosen, by mouse and by keys: what a key does is done to that one.
import { key } from "./keys.js";
import { _ } from "./words.js";

/**
 * `<awry-grid>`: what it holds with `data-key` and `tabindex="-1"` are its cards, in one column or
 * several.
 *
 * j and k, the arrows, a click and the focus choose one: it has `aria-current="true"`. `chosen` is
 * sent when it is another one. Cards may come, go and move at any time: the chosen one stays by its
 * `data-key`; where it is gone, the one that took its place is chosen.
 */
export class Grid extends HTMLElement {
  #chosen = null;
  #place = 0;
  #ends = [];
  #watching = new MutationObserver(() => this.#keep());

  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("focusin", this);
    this.#watching.observe(this, { childList: true, subtree: true });
    this.#ends = [
      key(["j", "ArrowRight"], _("the next one"), () => this.step(1)),
      key(["k", "ArrowLeft"], _("the one before"), () => this.step(-1)),
      key(["ArrowDown"], _("one row down"), () => this.step(this.columns)),
      key(["ArrowUp"], _("one row up"), () => this.step(-this.columns)),
    ];
    this.choose(this.querySelector('[data-key][aria-current="true"]') ?? this.cards[0] ?? null);
  }

  disconnectedCallback() {
    this.#watching.disconnect();
    for (const end of this.#ends) end();
  }

  /** The cards that are shown, in their order. */
  get cards() {
    return [...this.querySelectorAll("[data-key]:not([hidden])")];
  }

  /** The card that keys speak of; null where there is none. */
  get chosen() {
    return this.#chosen?.isConnected ? this.#chosen : null;
  }

  /** How many cards stand in a row. */
  get columns() {
    const cards = this.cards;
    const below = cards.findIndex((card) => card.offsetTop !== cards[0].offsetTop);
    return below < 0 ? Math.max(1, cards.length) : below;
  }

  /** The card of a key; undefined where there is none. */
  card(wanted) {
    return this.cards.find((card) => card.dataset.key === wanted);
  }

  /** Let a key do something to the chosen card: `then(card, event)`; as `key` of keys.js. */
  on(names, text, then) {
    this.#ends.push(key(names, text, (event) => this.chosen && then(this.chosen, event)));
  }

  /** Choose a card, and bring it into view and give it the focus where `focus` is true. */
  choose(card, { focus = false } = {}) {
    const before = this.#chosen;
    this.#chosen = card;
    if (before !== card) {
      before?.removeAttribute("aria-current");
      before?.setAttribute("tabindex", "-1");
    }
    if (card === null) return;
    this.#place = this.cards.indexOf(card);
    card.setAttribute("aria-current", "true");
    card.tabIndex = 0;
    if (focus) {
      card.focus({ preventScroll: true });
      card.scrollIntoView({ block: "nearest" });
    }
    if (before !== card) this.dispatchEvent(new CustomEvent("chosen", { detail: { card } }));
  }

  /** Choose the card that stands so many further on; false where there is none. */
  step(count) {
    const cards = this.cards;
    const to = cards[cards.indexOf(this.chosen) + count];
    if (to === undefined) return false;
    this.choose(to, { focus: true });
    return true;
  }

  handleEvent(event) {
    const card = event.target.closest?.("[data-key]");
    if (card && this.contains(card) && card !== this.chosen) this.choose(card);
  }

  #keep() {
    const cards = this.cards;
    if (this.#chosen !== null && cards.includes(this.#chosen)) {
      this.#place = cards.indexOf(this.#chosen);
      return;
    }
    const same = this.#chosen && cards.find((card) => card.dataset.key === this.#chosen.dataset.key);
    const next = same ?? cards[Math.min(this.#place, cards.length - 1)] ?? null;
    // The focus goes with a card that is taken away: bring it back.
    const focus = this.#chosen !== null && document.activeElement === document.body;
    this.choose(next);
    if (focus) next?.focus({ preventScroll: true });
  }
}

customElements.define("awry-grid", Grid);
