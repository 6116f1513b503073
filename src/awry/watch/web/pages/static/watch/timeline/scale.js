// Times and places of a timeline; no DOM. A view is `{from, to}`, bounds are `{since, until}`, all in seconds.

export const SHORTEST_S = 60;
const MINUTE = 60;
const HOUR = 3600;
const STEPS = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR];
const LABEL_PX = 72;

/** A view that lies inside the bounds, a minute long at least. */
export function fitted({ from, to }, { since, until }) {
  const span = Math.min(Math.max(to - from, SHORTEST_S), until - since);
  const begin = Math.min(Math.max(from, since), until - span);
  return { from: begin, to: begin + span };
}

/** Zoom by a factor (below 1: nearer) around a moment, which stays where it is. */
export function zoomed(view, bounds, factor, at) {
  const span = Math.min(Math.max((view.to - view.from) * factor, SHORTEST_S), bounds.until - bounds.since);
  const share = (at - view.from) / (view.to - view.from);
  const from = at - share * span;
  return fitted({ from, to: from + span }, bounds);
}

export const panned = (view, bounds, seconds) =>
  fitted({ from: view.from + seconds, to: view.to + seconds }, bounds);

/** A view of the same length that holds a moment, moved no more than it must be. */
export function holding(view, bounds, at) {
  if (at < view.from) return panned(view, bounds, at - view.from - (view.to - view.from) * 0.1);
  if (at > view.to) return panned(view, bounds, at - view.to + (view.to - view.from) * 0.1);
  return view;
}

export const xOf = (view, width, at) => ((at - view.from) / (view.to - view.from)) * width;
export const atOf = (view, width, x) => view.from + (x / width) * (view.to - view.from);

/** Seconds between labels, so that they do not touch. */
export function stepFor(view, width) {
  const least = ((view.to - view.from) / Math.max(width, 1)) * LABEL_PX;
  return STEPS.find((one) => one >= least) ?? STEPS.at(-1);
}

/**
 * Moments that get a label. `clock(at)` gives `{hour, minute}` on the wall: where the clock is changed, hours
 * are counted by the wall, and one that comes twice has two labels.
 */
export function ticks(view, bounds, step, clock) {
  const found = [];
  const walk = Math.min(step, HOUR / 2);
  const first = Math.max(0, Math.ceil((view.from - bounds.since) / walk));
  for (let number = first; ; number += 1) {
    const at = bounds.since + number * walk;
    if (at > view.to) return found;
    if (step >= HOUR) {
      const { hour, minute } = clock(at);
      if (minute !== 0 || hour % (step / HOUR) !== 0) continue;
    }
    found.push(at);
  }
}
