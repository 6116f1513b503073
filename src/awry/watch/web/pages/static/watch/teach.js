// What a camera was taught: parts that the server renders anew when something changes.
import { fragment, post } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { toast, tried } from "../kit/toast.js";
import { _ } from "../kit/words.js";

const DONE = {
  refit: () => _("A new detector will learn. You see here how far it is."),
  promote: () => _("This detector alarms now."),
  drop: () => _("It is not tried any longer."),
  back: () => _("The detector before alarms again."),
};
const MINUTE_MS = 60000;

/** What a refit is to learn from, as the dialog says. */
function wish(dialog) {
  const reason = dialog.querySelector("#reason").value;
  const anew = dialog.querySelector("[data-new]")?.checked;
  return anew ? { reason, gather_s: 3600 * (Number(dialog.querySelector("#hours").value) || 24) } : { reason };
}

class Teach extends HTMLElement {
  connectedCallback() {
    this.camera = this.getAttribute("camera");
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) this.ask(button);
    });
    const mine = (changes) => changes.some((one) => one.camera === this.camera);
    const judged = (changes) =>
      changes.some((one) => one.camera === this.camera && one.payload.phase === "judged");
    this.ends = [
      hear("bundle", (all) => mine(all) && this.soon(true)),
      hear("budget", (all) => all.some((one) => one.camera === this.camera && "threshold" in one.payload) && this.soon(true)),
      hear("drift", (all) => mine(all) && this.soon()),
      hear("event", (all) => judged(all) && this.soon(true)),
      hear("judgement", (all) => mine(all) && this.soon(true)),
    ];
    this.clock = setInterval(() => this.soon(), MINUTE_MS);
    this.compare();
  }

  disconnectedCallback() {
    for (const end of this.ends) end();
    clearInterval(this.clock);
    clearTimeout(this.timer);
  }

  ask(button) {
    const name = button.dataset.do;
    const dialog = this.querySelector(`dialog[data-ask="${name}"]`);
    dialog.returnValue = "";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue === "yes") this.act(name, button.dataset.path, dialog);
      },
      { once: true },
    );
    dialog.showModal();
  }

  async act(name, path, dialog) {
    const body = name === "refit" ? wish(dialog) : { path };
    const root = `/api/v1/cameras/${this.camera}`;
    const address = name === "refit" ? `${root}/refit` : `${root}/bundles/${name}`;
    const done = await tried(() => post(address, name === "back" ? {} : body));
    if (done) toast(DONE[name]());
    this.soon(true);
  }

  /** Render anew; `both`: what is compared as well. */
  soon(both = false) {
    this.both ||= both;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const all = this.both;
      this.both = false;
      this.anew().then(() => all && this.compare());
    }, 700);
  }

  async anew() {
    const place = this.querySelector("[data-state]");
    try {
      const new_ = await fragment(`/ui/cameras/${this.camera}/teach`);
      const open = [...place.querySelectorAll("details")].map((one) => one.open);
      const here = document.activeElement?.closest?.("[data-do]");
      const wanted = here && [here.dataset.do, here.dataset.path];
      place.replaceChildren(new_);
      place.querySelectorAll("details").forEach((one, number) => {
        one.open = open[number] ?? false;
      });
      if (wanted) {
        const same = [...place.querySelectorAll("[data-do]")].find(
          (one) => one.dataset.do === wanted[0] && one.dataset.path === wanted[1],
        );
        same?.focus();
      }
    } catch (error) {
      if (error.status !== 401) toast(error.message, { bad: true });
    }
  }

  async compare() {
    const place = this.querySelector("[data-compare]");
    const several = this.querySelector("[data-detectors]").dataset.detectors === "several";
    this.querySelector("[data-compared]").hidden = !several;
    if (!several) return;
    try {
      place.replaceChildren(await fragment(`/ui/cameras/${this.camera}/compare`));
    } catch (error) {
      const said = document.createElement("p");
      said.className = "notice";
      said.textContent = error.message;
      place.replaceChildren(said);
      if (error.status === 429) setTimeout(() => this.compare(), 6000);
    }
  }
}

customElements.define("awry-teach", Teach);
