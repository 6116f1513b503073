// Drawing of levels, shared by the strips of tiles and by the timeline.
import { colour } from "./colours.js";
import { columns, heightOf, kindOf, LINE } from "./levels.js";

/** A canvas of the size it has on the page, cleared; gives its context in CSS pixels. */
export function cleared(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const wide = Math.round(width * ratio);
  const high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const COLOURS = { calm: "edge", near: "warn", over: "alarm" };

/** Levels as bars by time; `place` is `{x, y, width, height}`, `bins` as of `columns`. */
export function bars(context, bins, from, to, { x, y, width, height }) {
  const count = Math.max(1, Math.round(width));
  const found = columns(bins, from, to, count);
  for (const kind of ["calm", "near", "over"]) {
    context.fillStyle = colour(COLOURS[kind]);
    for (let column = 0; column < count; column += 1) {
      const level = found[column];
      if (kindOf(level) !== kind) continue;
      const high = Math.max(1, heightOf(level) * height);
      context.fillRect(x + column, y + height - high, 1, high);
    }
  }
}

/** The line of the threshold. */
export function threshold(context, { x, y, width, height }) {
  context.strokeStyle = colour("text");
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  const at = Math.round(y + height * (1 - LINE)) + 0.5;
  context.beginPath();
  context.moveTo(x, at);
  context.lineTo(x + width, at);
  context.stroke();
  context.setLineDash([]);
}
