// Events as small pictures, made once each, so that a slider moves them quickly.
import { _ } from "../kit/words.js";
import { rounded } from "./rates.js";

/** A picture of an event, or its time and score where there is none; `was` is the stored one. */
function made(event, was) {
  const shot = document.createElement(was ? "a" : "div");
  shot.className = "shot";
  if (was) shot.href = `/events/${was.uid}`;
  const frame = document.createElement("div");
  frame.className = "frame";
  if (was?.picture) {
    const picture = document.createElement("img");
    picture.loading = "lazy";
    picture.decoding = "async";
    picture.alt = "";
    picture.addEventListener("error", () => {
      frame.textContent = _("The picture is gone");
    });
    picture.src = `/api/v1/events/${was.uid}/picture`;
    frame.append(picture);
  } else {
    frame.textContent = was ? _("No picture was kept") : _("No event then, so no picture");
  }
  const about = document.createElement("div");
  about.className = "about";
  const time = document.createElement("awry-time");
  time.setAttribute("at", event.start);
  const score = document.createElement("small");
  score.textContent = _("score %(score)s", { score: event.score === null ? "–" : rounded(event.score) });
  about.append(time, score);
  if (was?.label) {
    const mark = document.createElement("span");
    mark.className = was.label === "abnormal" ? "mark bad" : "mark good";
    mark.textContent = was.label === "abnormal" ? _("abnormal") : _("normal");
    about.append(mark);
  }
  shot.append(frame, about);
  return shot;
}

/** Shows lists of events in a place, with what was made before. */
export class Shots {
  constructor(place) {
    this.place = place;
    this.made = new Map();
  }

  /** Show some events; each of `some` is `[event, was]`. */
  show(some) {
    const shown = some.map(([event, was]) => {
      const key = was ? was.uid + was.label : String(event.start);
      if (!this.made.has(key)) this.made.set(key, made(event, was));
      return this.made.get(key);
    });
    this.place.replaceChildren(...new Set(shown));
    if (this.made.size > 2000) this.made.clear();
  }
}
