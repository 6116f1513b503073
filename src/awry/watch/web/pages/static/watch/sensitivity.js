// The slider of a camera's budget: all budgets come at once, so that moving it asks nobody.
import { get, may, patch } from "../kit/api.js";
import { inLanguage } from "../kit/sentences.js";
import { hear } from "../kit/stream.js";
import { length, moment } from "../kit/times.js";
import { toast, tried } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";
import { counted, named, rounded } from "./rates.js";
import { Shots } from "./shots.js";

const PIECE = 60;
const DAY_S = 86400;

class Sensitivity extends HTMLElement {
  connectedCallback() {
    this.spot = (name) => this.querySelector(`[data-${name}]`);
    this.slider = this.querySelector("#slider");
    this.came = new Shots(this.spot("events"));
    this.went = new Shots(this.spot("gone"));
    this.chosen = new URLSearchParams(location.search).get("budget");
    this.pieces = 1;
    this.slider.addEventListener("input", () => this.moved());
    this.slider.addEventListener("change", () => this.keep());
    this.spot("days").addEventListener("change", (event) => {
      this.setAttribute("days", event.target.value);
      this.keep();
      this.load();
    });
    this.spot("back").addEventListener("click", () => {
      this.chosen = null;
      this.slider.value = this.data.at;
      this.show();
      this.keep();
    });
    this.spot("save")?.addEventListener("click", () => this.save());
    this.spot("more").addEventListener("click", () => {
      this.pieces += 1;
      this.show();
    });
    const camera = this.getAttribute("camera");
    const mine = (changes, wanted) => changes.some((one) => one.camera === camera && wanted(one));
    this.ends = [
      hear("budget", (all) => mine(all, (one) => "threshold" in one.payload) && this.soon()),
      hear("bundle", (all) => mine(all, () => true) && this.soon()),
      hear("config", (all) => all.some((one) => one.subject === camera) && this.soon()),
      hear("event", (all) => mine(all, (one) => one.payload.phase === "judged") && this.soon()),
      hear("judgement", (all) => mine(all, () => true) && this.soon()),
    ];
    this.load();
  }

  disconnectedCallback() {
    for (const end of this.ends ?? []) end();
    this.asking?.abort();
    clearTimeout(this.timer);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 1000);
  }

  async load() {
    this.asking?.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const wait = this.spot("wait");
    wait.className = "notice";
    wait.textContent = _("The scores of these days are being looked through …");
    wait.hidden = this.data !== undefined;
    try {
      const camera = this.getAttribute("camera");
      const path = `/api/v1/cameras/${camera}/sensitivity?days=${this.getAttribute("days")}`;
      this.take(await get(path, { signal }));
    } catch (error) {
      if (error.name === "AbortError") return;
      wait.hidden = false;
      wait.className = "notice warn";
      wait.textContent = error.message;
      this.slider.disabled = true;
      if (error.status === 429) this.timer = setTimeout(() => this.load(), 5000);
    }
  }

  take(data) {
    this.data = data;
    this.were = new Map(data.were.map((one) => [one.uid, one]));
    this.names = data.tried.map((step) => named(step.budget));
    const place = data.tried.findIndex((step) => step.budget === this.chosen);
    this.slider.max = Math.max(0, data.tried.length - 1);
    this.slider.value = place >= 0 ? place : (data.at ?? 0);
    this.spot("wait").hidden = data.tried.length > 0;
    if (!data.tried.length) {
      this.spot("wait").className = "notice warn";
      this.spot("wait").textContent = _(
        "With any setting the camera would have alarmed nearly all the time. Look whether it was moved, or have it learn anew.",
      );
      return;
    }
    this.slider.disabled = data.tried.length < 2;
    this.spot("least").textContent = this.names[0];
    this.spot("most").textContent = this.names.at(-1);
    this.spot("back").disabled = false;
    for (const name of ["figures", "lists", "surely"]) this.spot(name).hidden = false;
    this.notices();
    this.show();
  }

  moved() {
    const begin = performance.now();
    this.chosen = this.data.tried[this.slider.valueAsNumber].budget;
    this.pieces = 1;
    this.show();
    this.dataset.ms = (performance.now() - begin).toFixed(1);
  }

  /** The address keeps what was chosen, so that it can be sent. */
  keep() {
    const wanted = new URLSearchParams({ days: this.getAttribute("days") });
    if (this.chosen !== null) wanted.set("budget", this.chosen);
    history.replaceState(null, "", `?${wanted}`);
  }

  show() {
    const { data } = this;
    const place = this.slider.valueAsNumber;
    const step = data.tried[place];
    this.spot("name").textContent = this.names[place];
    this.slider.setAttribute("aria-valuetext", this.names[place]);
    this.spot("count").textContent = counted(step.count);
    this.spot("rate").textContent = rounded(step.per_day);
    this.judged("abnormal", step.abnormal, data.abnormal, step.abnormal < data.abnormal);
    this.judged("normal", step.normal, data.normal, step.normal > 0);
    const missed = data.abnormal - step.abnormal;
    this.spot("missed").textContent = missed
      ? ngettext(
          "This setting would miss %(missed)s of %(num)s event that you called abnormal.",
          "This setting would miss %(missed)s of %(num)s events that you called abnormal.",
          data.abnormal,
          { missed: counted(missed) },
        )
      : "";
    this.spot("sure").textContent = this.sure(step);
    this.spot("new").textContent = step.new
      ? ngettext("%(num)s of them is new", "%(num)s of them are new", step.new)
      : "";
    this.spot("gone-count").textContent = ngettext("%(num)s event", "%(num)s events", step.gone.length);
    const most = this.pieces * PIECE;
    const newest = step.events.slice(-most).reverse();
    this.came.show(newest.map((event) => [event, this.were.get(event.was)]));
    this.spot("more").hidden = step.events.length <= most;
    const gone = step.gone.slice(-PIECE).reverse().map((uid) => this.were.get(uid));
    this.went.show(gone.map((one) => [one, one]));
    this.behind(step);
    const save = this.spot("save");
    if (save) save.disabled = step.budget === data.budget;
  }

  judged(name, found, all, worse) {
    const card = this.spot(`${name}-card`);
    card.hidden = all === 0;
    this.spot(name).textContent = _("%(found)s of %(all)s", { found: counted(found), all: counted(all) });
    card.classList.toggle("worse", worse);
  }

  sure(step) {
    const values = {
      length: length(this.data.seconds),
      low: rounded(step.low),
      high: rounded(step.high),
    };
    const said = [
      ngettext("%(num)s event in %(length)s of scores.", "%(num)s events in %(length)s of scores.", step.count, values),
      _("If the next days are like these, expect %(low)s to %(high)s a day (95 of 100 such ranges hold).", values),
    ];
    if (step.allowed !== null && step.low > step.allowed) {
      said.push(_("That is more than the setting allows: these days brought more that is unusual than what the detector learned from. Judge the events, or have it learn anew."));
    } else if (step.allowed !== null && step.allowed * this.data.seconds < DAY_S) {
      said.push(_("These scores are too few to show a setting as rare as this one: its threshold is an estimate."));
    }
    return said.join(" ");
  }

  notices() {
    const { data } = this;
    const said = [];
    if (data.budget === null) {
      said.push(_("No budget is set for this camera: its detector's own threshold counts. The slider stands where that is nearest."));
    } else if (data.tried[data.at].budget !== data.budget) {
      said.push(
        _("%(name)s, as it is set now, would give more events than can be shown. The slider stands at the most that can.", {
          name: named(data.budget),
        }),
      );
    }
    if (data.seconds < DAY_S) {
      said.push(
        _("Only %(length)s of scores are there. That is too little to say what a usual day brings: take the figures as a first guess.", {
          length: length(data.seconds),
        }),
      );
    }
    if (data.abnormal + data.normal === 0) {
      said.push(_("None of these events was judged yet. Once you say which were abnormal, you see here which settings would miss them."));
    }
    this.spot("notices").replaceChildren(
      ...said.map((text) => {
        const notice = document.createElement("p");
        notice.className = "notice";
        notice.textContent = text;
        return notice;
      }),
    );
  }

  behind(step) {
    const rows = Object.entries(step.thresholds).map(([light, threshold]) => {
      const row = document.createElement("tr");
      const texts = [
        light === "infrared" ? _("infrared") : _("by day"),
        this.figure(this.data.now[light]),
        this.figure(threshold),
        "",
      ];
      for (const text of texts) {
        const cell = document.createElement("td");
        cell.textContent = text;
        row.append(cell);
      }
      inLanguage(step.how[light]).then((how) => {
        row.lastElementChild.textContent = how;
      });
      return row;
    });
    this.spot("thresholds").replaceChildren(...rows);
  }

  figure(value) {
    return value === null || value === undefined ? _("none") : Number(value.toPrecision(4)).toString();
  }

  async save() {
    if (!may("admin")) return;
    const step = this.data.tried[this.slider.valueAsNumber];
    const save = this.spot("save");
    save.disabled = true;
    const done = await tried(async () => {
      await patch(`/api/v1/cameras/${this.getAttribute("camera")}/config`, { budget: step.budget });
    });
    save.disabled = done;
    if (!done) return;
    const text = _("Saved: %(name)s. It counts from %(time)s on. An event that is going on ends by the setting before.", {
      name: named(step.budget),
      time: moment(Date.now() / 1000),
    });
    this.data.budget = step.budget;
    this.data.at = this.slider.valueAsNumber;
    this.notices();
    this.spot("said").textContent = text;
    toast(_("Saved: %(name)s.", { name: named(step.budget) }));
    this.soon();
  }
}

customElements.define("awry-sensitivity", Sensitivity);
