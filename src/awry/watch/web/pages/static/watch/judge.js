// What people say of events: at once on the page, then at the server, with a way back.
import { put, remove } from "../kit/api.js";
import { toast, tried } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";

const past = [];
const address = (uid, what) => `/api/v1/events/${uid}/${what}`;

/** All cards of an event on the page. */
const cardsOf = (uid) => document.querySelectorAll(`[data-event="${CSS.escape(uid)}"]`);

function show(uid, label) {
  for (const card of cardsOf(uid)) {
    card.dataset.label = label ?? "";
    for (const one of ["abnormal", "normal"]) {
      card.querySelector(`[data-do=${one}]`)?.setAttribute("aria-pressed", String(one === label));
    }
  }
}

const MOST = 500;
let last = Promise.resolve();

/** One after the other: what is undone must have been done. */
function inTurn(what) {
  last = last.then(what, what);
  return last;
}

async function say(uids, label, note) {
  for (let first = 0; first < uids.length; first += MOST) {
    await put("/api/v1/judgements", { events: uids.slice(first, first + MOST), label, note });
  }
}

const said = (label, count) =>
  label === "abnormal"
    ? ngettext("%(num)s event is abnormal", "%(num)s events are abnormal", count)
    : label === "normal"
      ? ngettext("%(num)s event is normal", "%(num)s events are normal", count)
      : ngettext("%(num)s event is not judged", "%(num)s events are not judged", count);

/**
 * Say what events were: `abnormal`, `normal`, or null to take it back. `before` is what each was
 * (uid -> label); one that cannot be said is shown as it was.
 */
export function judge(before, label, { note = "", quiet = false } = {}) {
  for (const uid of before.keys()) show(uid, label);
  return inTurn(async () => {
    const fine = await tried(() => say([...before.keys()], label, note));
    if (!fine) for (const [uid, was] of before) show(uid, was);
    else if (!quiet) {
      past.push(before);
      toast(said(label, before.size), { action: { text: _("Undo"), do: () => undo(before) } });
    }
    return fine;
  });
}

/** Take the last judgement back, or a certain one. */
export function undo(which = null) {
  return inTurn(async () => {
    const back = which ?? past.at(-1);
    const place = past.indexOf(back);
    if (place < 0) {
      toast(_("There is nothing to undo."));
      return;
    }
    const fine = await tried(async () => {
      for (const label of [null, "abnormal", "normal"]) {
        const uids = [...back].filter(([, was]) => (was || null) === label).map(([uid]) => uid);
        for (const uid of uids) show(uid, label);
        if (uids.length) await say(uids, label, "");
      }
    });
    if (!fine) return;
    past.splice(place, 1);
    toast(_("Undone"));
  });
}

/** Have events kept, or no longer. */
export async function keep(uids, pinned) {
  const shown = (on) => {
    for (const uid of uids) {
      for (const card of cardsOf(uid)) {
        card.dataset.pinned = on ? "true" : "";
        card.querySelector("[data-do=pin]")?.setAttribute("aria-pressed", String(on));
      }
    }
  };
  shown(pinned);
  const fine = await tried(async () => {
    for (const uid of uids) await (pinned ? put(address(uid, "pin")) : remove(address(uid, "pin")));
  });
  if (!fine) shown(!pinned);
  else toast(pinned ? _("It is kept, however old it gets.") : _("It will be deleted after its time."));
  return fine;
}

/**
 * The events that a judgement of a card is about, and what each was: itself, and of its near-duplicates those
 * of which nobody said something else.
 */
export function eventsOf(card, { alone = false } = {}) {
  const own = card.dataset.label || null;
  const found = new Map([[card.dataset.event, own]]);
  const others = alone ? [] : (card.dataset.others ?? "").split(" ").filter(Boolean);
  for (const [uid, label] of others.map((one) => one.split("="))) {
    if (!label || label === own) found.set(uid, label || null);
  }
  return found;
}
