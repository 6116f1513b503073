// A row of the timeline on its canvas: scores, gaps, states, flags and events; and the axis.
import { colour } from "../colours.js";
import { bars, cleared, threshold } from "../draw.js";
import { ticks, stepFor, xOf } from "./scale.js";

const FLAGS = 5;
const STATES = 5;
const BAD = ["stalled", "back-off", "misconfigured", "quarantined"];
const WARN = ["degraded", "connecting", "waiting for a key frame", "warming up", "learning"];
let hatch = { colour: "", pattern: null };

function hatched(context) {
  const wanted = colour("edge");
  if (hatch.colour !== wanted) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const brush = tile.getContext("2d");
    brush.strokeStyle = wanted;
    brush.lineWidth = 1.5;
    for (const shift of [-8, 0, 8]) {
      brush.moveTo(shift, 8);
      brush.lineTo(shift + 8, 0);
    }
    brush.stroke();
    hatch = { colour: wanted, pattern: context.createPattern(tile, "repeat") };
  }
  return hatch.pattern;
}

/** Left and right of a stretch in pixels, at least `least` wide; null: it is out of sight. */
function sides(view, width, since, until, least = 1) {
  if (until < view.from || since > view.to) return null;
  const left = Math.max(0, xOf(view, width, since));
  const right = Math.min(width, xOf(view, width, until));
  return { left, wide: Math.max(least, right - left) };
}

function stretches(context, view, width, now, spans, { y, height, style }) {
  for (const one of spans) {
    const wanted = style(one);
    const place = wanted && sides(view, width, one.since, one.until ?? now);
    if (!place) continue;
    context.fillStyle = wanted;
    context.fillRect(place.left, y, place.wide, height);
  }
}

const stateStyle = ({ kind }) => {
  if (BAD.includes(kind)) return colour("alarm");
  if (WARN.includes(kind)) return colour("warn");
  return kind === "disabled" ? colour("line") : colour("good");
};

/** Events: filled where somebody was told, else an outline; green where a person called it normal. */
function events(context, view, width, row, { y, height }) {
  for (const one of row.events) {
    const place = sides(view, width, one.start, one.end, 4);
    if (!place) continue;
    const wanted = colour(one.label === "normal" ? "good" : "accent");
    context.fillStyle = context.strokeStyle = wanted;
    context.lineWidth = 1.5;
    if (one.told) context.fillRect(place.left, y, place.wide, height);
    else context.strokeRect(place.left + 0.75, y + 0.75, Math.max(2.5, place.wide - 1.5), height - 1.5);
  }
}

/** `bins` as `levels.columns` takes them; `cursor` and `pointer` are moments or null. */
export function paintRow(canvas, { row, bins, view, now, cursor, pointer }) {
  const { context, width, height } = cleared(canvas);
  const marks = { y: FLAGS + 1, height: 8 };
  const band = { x: 0, y: marks.y + marks.height + 1, width, height: height - FLAGS - STATES - marks.height - 3 };
  const later = sides(view, width, now, Infinity);
  if (later) {
    context.fillStyle = colour("ground");
    context.fillRect(later.left, 0, width - later.left, height);
  }
  stretches(context, view, width, now, row.gaps, { y: band.y, height: band.height, style: () => hatched(context) });
  bars(context, bins, view.from, view.to, band);
  threshold(context, band);
  stretches(context, view, width, now, row.flags, { y: 0, height: FLAGS, style: () => colour("alarm") });
  stretches(context, view, width, now, row.states, { y: height - STATES, height: STATES, style: stateStyle });
  events(context, view, width, row, marks);
  lines(context, view, width, height, cursor, pointer);
}

function lines(context, view, width, height, cursor, pointer) {
  for (const [at, wide, name] of [[pointer, 1, "edge"], [cursor, 2, "text"]]) {
    if (at === null || at < view.from || at > view.to) continue;
    context.fillStyle = colour(name);
    context.fillRect(Math.round(xOf(view, width, at)) - wide / 2, 0, wide, height);
  }
}

/** The axis; `said(at, step)` gives a label, `clock` as of `ticks`. */
export function paintAxis(canvas, { view, bounds, cursor, pointer, said, clock }) {
  const { context, width, height } = cleared(canvas);
  const step = stepFor(view, width);
  context.font = `${getComputedStyle(canvas).fontSize} ${getComputedStyle(canvas).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const at of ticks(view, bounds, step, clock)) {
    const x = Math.round(xOf(view, width, at));
    context.fillStyle = colour("edge");
    context.fillRect(x, height - 7, 1, 7);
    const text = said(at, step);
    const half = context.measureText(text).width / 2;
    context.fillStyle = colour("text");
    context.fillText(text, Math.min(Math.max(x, half + 1), width - half - 1), height / 2 - 3);
  }
  lines(context, view, width, height, cursor, pointer);
  if (cursor === null || cursor < view.from || cursor > view.to) return;
  const x = xOf(view, width, cursor);
  context.fillStyle = colour("text");
  context.beginPath();
  context.moveTo(x - 7, height - 10);
  context.lineTo(x + 7, height - 10);
  context.lineTo(x, height);
  context.fill();
}
