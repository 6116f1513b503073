// `<awry-machine>`: measures how many more cameras this machine carries with a method.
import { get, post } from "../kit/api.js";
import { inLanguage } from "../kit/sentences.js";
import { toast } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";

const AGAIN_MS = 1000;

class Machine extends HTMLElement {
  connectedCallback() {
    this.piece = (name) => this.querySelector(`[data-machine="${name}"]`);
    this.size = { width: 640, height: 360, rate: 10 };
    this.piece("measure").addEventListener("click", () => this.measure());
    document.querySelector("#method")?.addEventListener("change", () => {
      if (!this.busy) this.piece("told").textContent = "";
    });
  }

  disconnectedCallback() {
    this.busy = false;
  }

  async measure() {
    this.set(true);
    try {
      const method = document.querySelector("#method")?.value ?? "";
      let now = await post("/api/v1/machine/measure", { method, ...this.size });
      while (this.busy && now.step) {
        this.show(now);
        await new Promise((done) => setTimeout(done, AGAIN_MS));
        now = await get("/api/v1/machine");
      }
      if (now.problem) now.problem = await inLanguage(now.problem);
      this.show(now);
    } catch (error) {
      toast(error.message, { bad: true });
      this.piece("told").textContent = "";
    } finally {
      this.set(false);
    }
  }

  set(busy) {
    this.busy = busy;
    this.piece("measure").disabled = busy;
    this.piece("progress").hidden = !busy;
  }

  show({ step, share, found, problem }) {
    // How long a method takes is not known before: the bar says no more than that it goes on.
    if (step === "method") this.piece("progress").removeAttribute("value");
    else this.piece("progress").value = share;
    const told = this.piece("told");
    told.className = problem || found?.carries === 0 ? "notice warn" : "";
    if (step === "cameras") told.textContent = _("The cameras that are there …");
    else if (step) told.textContent = _("The method: this takes up to a minute …");
    else if (problem) told.textContent = problem;
    else if (found) told.textContent = this.carries(found);
  }

  carries({ carries, method, used }) {
    const share = `${Math.round(100 * used)} %`;
    if (carries === 0) {
      return _("This machine carries no more such cameras with %(method)s: the present ones take %(share)s, and 70 % is the most. Choose a faster method, or another machine.", { method, share });
    }
    return ngettext(
      "This machine carries %(num)s more such camera with %(method)s. The present ones take %(share)s of it.",
      "This machine carries %(num)s more such cameras with %(method)s. The present ones take %(share)s of it.",
      carries,
      { method, share },
    );
  }
}

customElements.define("awry-machine", Machine);
