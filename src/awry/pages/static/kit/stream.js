// What changes at the site, as it happens; one connection for the page.
import { get } from "./api.js";

const hearers = new Map();
let source = null;
let waiting = [];
let scheduled = false;
let last = null;

export const connection = new EventTarget();

function deliver() {
  scheduled = false;
  const some = waiting;
  waiting = [];
  const byKind = new Map();
  for (const one of some) {
    if (!byKind.has(one.kind)) byKind.set(one.kind, []);
    byKind.get(one.kind).push(one);
  }
  for (const [kind, changes] of byKind) {
    for (const hear of hearers.get(kind) ?? []) hear(changes);
    for (const hear of hearers.get("*") ?? []) hear(changes);
  }
}

function came(kind, data) {
  waiting.push({ kind, ...data });
  // At most four times a second, however many come: a burst must not freeze the page.
  if (!scheduled) {
    scheduled = true;
    setTimeout(deliver, 250);
  }
}

const KINDS = "event clip state flag gap bundle budget drift config judgement snooze reset".split(" ");

function open() {
  const after = last === null ? "" : `?after=${last}`;
  source = new EventSource(`/api/v1/stream${after}`);
  source.onopen = () => connection.dispatchEvent(new Event("open"));
  source.onerror = async () => {
    connection.dispatchEvent(new Event("lost"));
    // A browser gives up for good after an error of HTTP: ask why, and try again.
    if (source.readyState !== EventSource.CLOSED) return;
    try {
      await get("/api/v1/session");
    } catch (error) {
      if (error.status === 401) return;
    }
    setTimeout(open, 3000);
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      last = event.lastEventId || last;
      came(kind, JSON.parse(event.data));
    });
  }
}

/**
 * Hear of changes of a kind (`*`: of all), as a list of those of the last quarter of a second;
 * `reset`: look at everything anew. Returns a function that ends it.
 */
export function hear(kind, then) {
  if (!hearers.has(kind)) hearers.set(kind, new Set());
  hearers.get(kind).add(then);
  if (source === null) open();
  return () => hearers.get(kind).delete(then);
}

addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => {
  if (event.persisted && source !== null) open();
});
