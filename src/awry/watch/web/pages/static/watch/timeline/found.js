// What is at a moment of a timeline's rows; no DOM. A row is as `/api/v1/timeline` gives it.

/** The event whose span is the nearest to a moment; null: none is within `most` seconds. */
export function nearest(events, at, most = Infinity) {
  let best = null;
  let least = most;
  for (const one of events) {
    const away = at < one.start ? one.start - at : Math.max(0, at - one.end);
    if (away <= least) {
      best = one;
      least = away;
    }
  }
  return best;
}

/** The stretch that holds a moment, the latest of several; null: none does. */
export const spanAt = (spans, at) =>
  spans.findLast((one) => one.since <= at && (one.until === null || at < one.until)) ?? null;

/** The level of the bin of a moment; null: nothing was scored. */
export function levelAt({ since, until, levels }, at) {
  const place = Math.floor(((at - since) / (until - since)) * levels.length);
  return levels[place] ?? null;
}

export const coversAt = (event, at) => event.clips.some(([, start, end]) => start <= at && at <= end);

/** Of each camera the event whose clip covers a moment: `[{camera, event}]`. */
export function covering(rows, at) {
  const found = [];
  for (const row of rows) {
    const there = row.events.filter((one) => coversAt(one, at));
    const best = nearest(there, at);
    if (best !== null) found.push({ camera: row.camera, event: best });
  }
  return found;
}

/** The next event of all rows after a moment (`way` 1), or the one before it (-1); null: there is none. */
export function beside(rows, at, way) {
  let best = null;
  for (const row of rows) {
    for (const event of row.events) {
      const away = (event.start - at) * way;
      if (away > 0.05 && (best === null || away < (best.event.start - at) * way)) best = { camera: row.camera, event };
    }
  }
  return best;
}
