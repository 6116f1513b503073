// Geometry of zones: points and polygons as shares of the picture, in [0, 1]. Nothing of a page.

export const MOST_CORNERS = 200;
export const LEAST_AREA = 0.0005;
/** A box touches, or lies inside, a zone where so much of it does; as the site decides it. */
export const TOUCHES = 0.02;
export const INSIDE = 0.5;

const sides = (corners) => corners.map((corner, at) => [corners.at(at - 1), corner]);

function signedArea(corners) {
  return sides(corners).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0) / 2;
}

/** The share of the picture that a polygon covers. */
export const area = (corners) => Math.abs(signedArea(corners));

function turn(a, b, c) {
  const found = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  return Math.abs(found) < 1e-12 ? 0 : found;
}

const between = (a, b, c) =>
  Math.min(a[0], b[0]) <= c[0] &&
  c[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= c[1] &&
  c[1] <= Math.max(a[1], b[1]);

function meet(a, b, c, d) {
  const turns = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (turns[0] * turns[1] < 0 && turns[2] * turns[3] < 0) return true;
  const ends = [[a, b, c], [a, b, d], [c, d, a], [c, d, b]];
  return ends.some((three, at) => turns[at] === 0 && between(...three));
}

function folds([start, middle], [, end]) {
  if (turn(start, middle, end) !== 0) return false;
  const across = (start[0] - middle[0]) * (end[0] - middle[0]);
  return across + (start[1] - middle[1]) * (end[1] - middle[1]) > 0;
}

/** Whether two sides have a point in common that is no corner of both. */
export function crosses(corners) {
  const all = sides(corners);
  for (let one = 0; one < all.length; one++) {
    for (let other = one + 1; other < all.length; other++) {
      const last = other - one === all.length - 1;
      if (other - one !== 1 && !last) {
        if (meet(...all[one], ...all[other])) return true;
      } else if (last && all.length > 2 ? folds(all[other], all[one]) : folds(all[one], all[other])) {
        return true;
      }
    }
  }
  return false;
}

/** What is wrong with a polygon: `few`, `many`, `tiny`, `crossing`; empty: it can be used. */
export function problem(corners) {
  if (corners.length < 3) return "few";
  if (corners.length > MOST_CORNERS) return "many";
  if (area(corners) < LEAST_AREA) return "tiny";
  return crosses(corners) ? "crossing" : "";
}

/** Whether a point lies in a polygon. */
export function inside([x, y], corners) {
  let found = false;
  for (const [[left, high], [right, low]] of sides(corners)) {
    if (low > y !== high > y && x < ((left - right) * (y - low)) / (high - low) + right) {
      found = !found;
    }
  }
  return found;
}

function cut(corners, axis, limit, sign) {
  const kept = [];
  for (const [before, here] of sides(corners)) {
    const is = sign * (here[axis] - limit) >= 0;
    const was = sign * (before[axis] - limit) >= 0;
    if (is !== was) {
      const way = (limit - before[axis]) / (here[axis] - before[axis]);
      kept.push([0, 1].map((one) => before[one] + way * (here[one] - before[one])));
    }
    if (is) kept.push(here);
  }
  return kept;
}

/** The share of a box `[left, top, right, bottom]` that lies inside a polygon. */
export function overlap([left, top, right, bottom], corners) {
  const whole = (right - left) * (bottom - top);
  if (whole <= 0) return 0;
  let rest = corners;
  for (const [axis, limit, sign] of [[0, left, 1], [0, right, -1], [1, top, 1], [1, bottom, -1]]) {
    rest = cut(rest, axis, limit, sign);
  }
  return Math.min(1, area(rest) / whole);
}

/** Whether a zone of a kind catches one of an event's boxes: `only` touches, others hold half. */
export const catches = (kind, corners, boxes) =>
  boxes.some((box) => overlap(box, corners) >= (kind === "only" ? TOUCHES : INSIDE));

const share = (value) => Math.min(1, Math.max(0, value));
export const rounded = ([x, y]) => [Math.round(share(x) * 1e4) / 1e4, Math.round(share(y) * 1e4) / 1e4];

/**
 * A point, drawn to the frame's edge or to one of `others` where that is near: `reach` is
 * `[across, down]` in shares.
 */
export function snapped([x, y], others, reach) {
  const near = others.find(
    (one) => Math.abs(one[0] - x) <= reach[0] && Math.abs(one[1] - y) <= reach[1],
  );
  if (near) return [...near];
  const edge = (value, most) => (value <= most ? 0 : value >= 1 - most ? 1 : value);
  return rounded([edge(x, reach[0]), edge(y, reach[1])]);
}

/** A polygon moved as a whole, which stays in the picture. */
export function moved(corners, dx, dy) {
  const bound = (by, axis) => {
    const all = corners.map((one) => one[axis]);
    return Math.min(Math.max(by, -Math.min(...all)), 1 - Math.max(...all));
  };
  const [x, y] = [bound(dx, 0), bound(dy, 1)];
  return corners.map((one) => rounded([one[0] + x, one[1] + y]));
}

/** Where a new corner goes: `{at, distance}`, before the corner `at`, on the side that is nearest. */
export function nearestSide([x, y], corners, ratio = 1) {
  let best = { at: 0, distance: Infinity };
  sides(corners).forEach(([a, b], at) => {
    const [ax, ay, bx, by] = [a[0] * ratio, a[1], b[0] * ratio, b[1]];
    const [px, py] = [x * ratio, y];
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const way = length === 0 ? 0 : share(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length);
    const distance = Math.hypot(px - ax - way * (bx - ax), py - ay - way * (by - ay));
    if (distance < best.distance) best = { at: at === 0 ? corners.length : at, distance };
  });
  return best;
}

/** The middle of a side, for a corner that is added there. */
export const middle = (a, b) => rounded([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);

/** Whether an event's boxes count by a camera's zones, as the site decides it. */
export function counts(zones, boxes) {
  const of = (kind) => zones.filter((one) => one.kind === kind).map((one) => one.polygon);
  const [only, never] = [of("only"), of("never")];
  if (!boxes.length || !(only.length || never.length)) return true;
  return boxes.some((box) => {
    const hidden = never.reduce((sum, polygon) => sum + overlap(box, polygon), 0);
    if (hidden >= INSIDE) return false;
    return !only.length || only.some((polygon) => overlap(box, polygon) >= TOUCHES);
  });
}
