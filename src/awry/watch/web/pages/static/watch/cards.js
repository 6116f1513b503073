// What the buttons of events' cards do, on whatever page they are: play, judge, keep, snooze.
import "./player.js";
import { eventsOf, judge, keep } from "./judge.js";
import { element } from "./made.js";
import { snooze } from "./snooze.js";

/** The player of a card; it takes the place of the picture, of the same size. */
export function playerOf(card) {
  const place = card.querySelector("[data-place]");
  let player = place.querySelector("awry-player");
  if (player?.getAttribute("event") !== card.dataset.event) {
    player = element("awry-player", "", { event: card.dataset.event });
    place.dataset.own = "content";
    place.replaceChildren(player);
  }
  return player;
}

/** Play the clip of a card, or stop it; others stop. */
export function play(card) {
  const player = playerOf(card);
  for (const other of document.querySelectorAll("[data-event] awry-player")) {
    if (other !== player) other.pause();
  }
  player.toggle();
}

/**
 * Judge a card, and its near-duplicates with it unless they are shown. With `back`, what it is already is
 * taken back.
 */
export function judged(card, label, { back = false } = {}) {
  const alone = card.dataset.opened === "true";
  return judge(eventsOf(card, { alone }), back && card.dataset.label === label ? null : label);
}

export const kept = (card) => keep([card.dataset.event], card.dataset.pinned !== "true");
export const snoozed = (card) => snooze(card.dataset.event, card.dataset.camera, card.dataset.share);

const DO = {
  play: (card) => {
    play(card);
    playerOf(card).focus();
  },
  abnormal: (card) => judged(card, "abnormal", { back: true }),
  normal: (card) => judged(card, "normal", { back: true }),
  pin: kept,
  snooze: snoozed,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-do]");
  const card = button?.closest("[data-event]");
  if (card) DO[button.dataset.do]?.(card);
});
