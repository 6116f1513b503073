// A part of a page that the server renders anew every few seconds, while somebody looks.
import { fragment } from "../kit/api.js";

/** `<awry-refresh data-path data-every>`: its content is replaced by the fragment at `path`. */
class Refresh extends HTMLElement {
  connectedCallback() {
    const every = Math.max(1, Number(this.dataset.every) || 5) * 1000;
    this.timer = setInterval(() => this.renew(), every);
    this.seen = () => document.visibilityState === "visible" && this.renew();
    document.addEventListener("visibilitychange", this.seen);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
  }

  /** Ask for the content; `always`: also where somebody is about to use what is there. */
  async renew(always = false) {
    if (this.asking) return;
    const used = document.visibilityState !== "visible" || document.querySelector("dialog[open]");
    if (!always && (used || this.matches(":hover:active") || this.busy())) return;
    this.asking = true;
    try {
      const made = await fragment(this.dataset.path);
      if (always || !this.busy()) this.replaceChildren(made);
    } catch {
      // The bar says that the server is away; the next turn tries again.
    } finally {
      this.asking = false;
    }
  }

  /** Whether the keyboard is at something inside, which must not go away. */
  busy() {
    const at = document.activeElement;
    return at !== null && at !== this && this.contains(at);
  }
}

customElements.define("awry-refresh", Refresh);
