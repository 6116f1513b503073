// The page of one event: its clip, what it was, who said so.
import { fragment, may } from "../kit/api.js";
import { key } from "../kit/keys.js";
import { hear } from "../kit/stream.js";
import { sync } from "../kit/sync.js";
import { toast, tried } from "../kit/toast.js";
import { _ } from "../kit/words.js";
import { judged, kept, snoozed } from "./cards.js";
import { undo } from "./judge.js";
import { element } from "./made.js";
import { noteOn } from "./note.js";

const card = document.getElementById("event");
const details = document.getElementById("details");
const player = card.querySelector("awry-player");

async function renew() {
  const fresh = element("div", "", { id: "details" });
  fresh.append(await fragment(`/ui/events/${card.dataset.event}/details`));
  sync(details, fresh);
  const pressed = (what) => details.querySelector(`[data-do=${what}]`)?.getAttribute("aria-pressed") === "true";
  if (may("feedback")) {
    card.dataset.label = ["abnormal", "normal"].find(pressed) ?? "";
    card.dataset.pinned = pressed("pin") ? "true" : "";
  }
}

hear("event", (changes) => {
  const mine = changes.filter((one) => one.subject === card.dataset.event);
  if (mine.length) tried(renew);
  if (mine.some((one) => one.payload.phase === "end")) player.load();
});
hear("clip", (changes) => changes.some((one) => one.subject === card.dataset.event) && tried(renew));
hear("reset", () => tried(renew));

async function copy() {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(_("The link is copied. Whoever opens it must log in."));
  } catch {
    prompt(_("The link of this event"), location.href);
  }
}

details.addEventListener("click", (event) => {
  const what = event.target.closest("button[data-do]")?.dataset.do;
  if (what === "note") noteOn(card);
  if (what === "link") copy();
});

key(" ", _("play the clip, or stop it"), () => player.toggle());
if (may("feedback")) {
  key("a", _("it is abnormal"), () => judged(card, "abnormal"));
  key("n", _("it is normal"), () => judged(card, "normal"));
  key("u", _("undo the last judgement"), () => undo());
  key("c", _("add a note"), () => noteOn(card));
  key("s", _("snooze this place"), () => snoozed(card));
  key("p", _("keep its clip"), () => kept(card));
}
key(["j", "ArrowRight"], _("the event before this one"), () => document.getElementById("before")?.click());
key(["k", "ArrowLeft"], _("the event after this one"), () => document.getElementById("after")?.click());
key(["h"], _("heat on or off"), () => player.heat.click());
key(["b"], _("boxes on or off"), () => player.boxes.click());
