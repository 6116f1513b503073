// Levels of scores: 0 is normal, 1 the threshold. How they are drawn and said; no DOM.

/** How high a level stands in a strip, 0 to 1; the threshold always stands at `LINE`. */
export const LINE = 0.6;
export function heightOf(level) {
  if (level === null || Number.isNaN(level)) return 0;
  if (level <= 0) return 0.04;
  return level < 1 ? 0.04 + (LINE - 0.04) * level : LINE + (1 - LINE) * (1 - 1 / level);
}

/** What a level is: `none`, `calm`, `near` or `over` the threshold. */
export function kindOf(level) {
  if (level === null || Number.isNaN(level)) return "none";
  if (level >= 1) return "over";
  return level >= 0.6 ? "near" : "calm";
}

/** Levels from text such as `0.2,,1.5`; what is missing is null. */
export const parsed = (text) =>
  text === "" ? [] : text.split(",").map((one) => (one === "" ? null : Number(one)));

/** Highest level with its bin, and how often the threshold was crossed; null: nothing was scored. */
export function told(levels) {
  let place = -1;
  let times = 0;
  let above = false;
  levels.forEach((level, number) => {
    const over = level !== null && level >= 1;
    if (over && !above) times += 1;
    above = over;
    if (level !== null && (place < 0 || level > levels[place])) place = number;
  });
  return place < 0 ? null : { level: levels[place], place, times };
}

/**
 * Levels of some bins brought to columns of a picture, the highest of each.
 * `bins`: `{since, until, levels}`; columns lie evenly in `from` to `to`. Gives null where nothing is.
 */
export function columns({ since, until, levels }, from, to, count) {
  const found = new Array(count).fill(null);
  const width = (until - since) / levels.length;
  const step = (to - from) / count;
  const first = Math.max(0, Math.floor((from - since) / width));
  const last = Math.min(levels.length - 1, Math.ceil((to - since) / width));
  for (let number = first; number <= last; number += 1) {
    const level = levels[number];
    if (level === null) continue;
    const begin = since + number * width;
    const left = Math.max(0, Math.floor((begin - from) / step + 1e-6));
    const right = Math.min(count - 1, Math.max(left, Math.ceil((begin + width - from) / step - 1e-6) - 1));
    for (let column = left; column <= right; column += 1) {
      if (found[column] === null || level > found[column]) found[column] = level;
    }
  }
  return found;
}
