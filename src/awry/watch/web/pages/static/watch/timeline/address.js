// The state of a timeline in its address, so that it can be sent; no DOM.
import { fitted } from "./scale.js";

const number = (text) => (text !== null && text !== "" && Number.isFinite(Number(text)) ? Number(text) : null);

/** What an address asks for: the view, and the cursor (null: none). */
export function read(search, bounds) {
  const given = new URLSearchParams(search);
  const from = number(given.get("from"));
  const to = number(given.get("to"));
  const at = number(given.get("at"));
  const whole = { from: bounds.since, to: bounds.until };
  const asked = from !== null && to !== null && from < to ? fitted({ from, to }, bounds) : whole;
  return { view: asked, at: at !== null && at >= bounds.since && at <= bounds.until ? at : null };
}

/** The query of a state; what is as always is left out. */
export function written({ day, cameras, view, bounds, at }) {
  const query = new URLSearchParams();
  query.set("day", day);
  for (const name of cameras) query.append("camera", name);
  if (view.from > bounds.since + 0.5 || view.to < bounds.until - 0.5) {
    query.set("from", view.from.toFixed(0));
    query.set("to", view.to.toFixed(0));
  }
  if (at !== null) query.set("at", at.toFixed(1));
  return `?${query}`;
}
