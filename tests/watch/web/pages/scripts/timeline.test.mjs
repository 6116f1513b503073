import assert from "node:assert/strict";
import { test } from "node:test";

const root = new URL("../../../../../src/awry/watch/web/pages/static/watch/", import.meta.url);
const { columns, heightOf, kindOf, LINE, parsed, told } = await import(new URL("levels.js", root));
const { fitted, holding, panned, stepFor, ticks, zoomed, xOf, atOf } = await import(new URL("timeline/scale.js", root));
const { read, written } = await import(new URL("timeline/address.js", root));
const { beside, covering, levelAt, nearest, spanAt } = await import(new URL("timeline/found.js", root));

const DAY = { since: 0, until: 86400 };
const WHOLE = { from: 0, to: 86400 };

test("levels grow with the score, and the threshold stands at its line", () => {
  assert.equal(heightOf(null), 0);
  assert.equal(heightOf(1), LINE);
  const heights = [-1, 0.1, 0.5, 0.99, 1, 2, 18].map(heightOf);
  assert.deepEqual(heights, [...heights].sort((a, b) => a - b));
  assert.ok(heights.at(-1) < 1);
  assert.deepEqual([null, 0.2, 0.7, 1, 3].map(kindOf), ["none", "calm", "near", "over", "over"]);
});

test("levels from text, and what is said of them", () => {
  assert.deepEqual(parsed("0.5,,2"), [0.5, null, 2]);
  assert.deepEqual(parsed(""), []);
  assert.deepEqual(told(parsed("0.5,1.5,3,,0.2,1")), { level: 3, place: 2, times: 2 });
  assert.equal(told([null, null]), null);
});

test("columns hold every peak", () => {
  const bins = { since: 0, until: 10, levels: [0.1, 0.9, null, 5, 0.3, null, null, 1, 2, 0] };
  assert.deepEqual(columns(bins, 0, 10, 5), [0.9, 5, 0.3, 1, 2]);
  assert.deepEqual(columns(bins, 0, 10, 10), bins.levels);
  assert.deepEqual(columns(bins, 3, 5, 4), [5, 5, 0.3, 0.3]);
  assert.deepEqual(columns(bins, -5, 0, 2), [null, null]);
});

test("a view stays inside the day and is a minute long at least", () => {
  assert.deepEqual(fitted({ from: -50, to: 50 }, DAY), { from: 0, to: 100 });
  assert.deepEqual(fitted({ from: 86390, to: 86500 }, DAY), { from: 86290, to: 86400 });
  assert.deepEqual(fitted({ from: 100, to: 101 }, DAY), { from: 100, to: 160 });
  assert.deepEqual(panned({ from: 0, to: 100 }, DAY, 1e9), { from: 86300, to: 86400 });
  assert.deepEqual(holding({ from: 100, to: 200 }, DAY, 150), { from: 100, to: 200 });
  assert.deepEqual(holding({ from: 100, to: 200 }, DAY, 300), { from: 210, to: 310 });
});

test("zoom keeps the moment below the pointer", () => {
  const at = 30000;
  const near = zoomed(WHOLE, DAY, 0.25, at);
  assert.equal(near.to - near.from, 21600);
  assert.ok(Math.abs(xOf(near, 1000, at) - xOf(WHOLE, 1000, at)) < 1e-6);
  assert.deepEqual(zoomed(near, DAY, 100, at), WHOLE);
  assert.ok(Math.abs(atOf(near, 1000, xOf(near, 1000, 31000)) - 31000) < 1e-6);
});

const wall = (offsets) => (at) => {
  const shift = offsets.findLast(([since]) => at >= since)[1];
  const minutes = Math.floor(at / 60 + shift * 60) % 1440;
  return { hour: Math.floor(minutes / 60), minute: minutes % 60 };
};

test("labels of a day of 24 hours", () => {
  const step = stepFor(WHOLE, 700);
  assert.equal(step, 10800);
  const found = ticks(WHOLE, DAY, step, wall([[0, 0]]));
  assert.deepEqual(found, [0, 3, 6, 9, 12, 15, 18, 21, 24].map((one) => one * 3600));
});

test("a day of 25 hours has an hour twice, and its labels stay on whole hours", () => {
  const day = { since: 0, until: 25 * 3600 };
  const clock = wall([[0, 0], [3 * 3600, -1]]);
  const hours = ticks({ from: 0, to: day.until }, day, 3600, clock).map((at) => clock(at).hour);
  assert.deepEqual(hours.slice(0, 6), [0, 1, 2, 2, 3, 4]);
  assert.equal(hours.length, 26);
  const every3 = ticks({ from: 0, to: day.until }, day, 10800, clock).map((at) => clock(at).hour);
  assert.deepEqual(every3, [0, 3, 6, 9, 12, 15, 18, 21, 0]);
});

test("a day of 23 hours leaves an hour out", () => {
  const day = { since: 0, until: 23 * 3600 };
  const clock = wall([[0, 0], [2 * 3600, 1]]);
  const hours = ticks({ from: 0, to: day.until }, day, 3600, clock).map((at) => clock(at).hour);
  assert.deepEqual(hours.slice(0, 4), [0, 1, 3, 4]);
  assert.equal(hours.length, 24);
});

test("seconds are labelled when one is near", () => {
  const view = { from: 40010, to: 40070 };
  assert.equal(stepFor(view, 700), 10);
  assert.deepEqual(ticks(view, DAY, 10, wall([[0, 0]])).length, 7);
});

test("the address holds the state, and is read back", () => {
  const view = { from: 3600, to: 7200 };
  const query = written({ day: "2026-03-29", cameras: ["door", "yard"], view, bounds: DAY, at: 5000.25 });
  assert.equal(query, "?day=2026-03-29&camera=door&camera=yard&from=3600&to=7200&at=5000.3");
  assert.deepEqual(read(query, DAY), { view, at: 5000.3 });
  assert.equal(written({ day: "d", cameras: [], view: WHOLE, bounds: DAY, at: null }), "?day=d");
  assert.deepEqual(read("?from=9&to=3&at=1e99", DAY), { view: WHOLE, at: null });
  assert.deepEqual(read("?from=x&to=&at=", DAY), { view: WHOLE, at: null });
});

const event = (uid, start, end, ...clips) => ({ uid, start, end, clips });

test("the nearest event, and the ones beside a moment", () => {
  const some = [event("a", 10, 20), event("b", 100, 110)];
  assert.equal(nearest(some, 15).uid, "a");
  assert.equal(nearest(some, 70).uid, "b");
  assert.equal(nearest(some, 60, 10), null);
  const rows = [{ camera: "door", events: some }, { camera: "yard", events: [event("c", 50, 60)] }];
  assert.equal(beside(rows, 10, 1).event.uid, "c");
  assert.equal(beside(rows, 100, -1).camera, "yard");
  assert.equal(beside(rows, 100, 1), null);
});

test("clips of all cameras that cover a moment", () => {
  const rows = [
    { camera: "door", events: [event("a", 10, 20, [0, 5, 12], [1, 14, 25])] },
    { camera: "yard", events: [event("b", 13, 30, [0, 8, 35])] },
    { camera: "lane", events: [event("c", 11, 12)] },
  ];
  const uids = (at) => covering(rows, at).map((one) => one.event.uid);
  assert.deepEqual(uids(11), ["a", "b"]);
  assert.deepEqual(uids(13), ["b"]);
  assert.deepEqual(uids(40), []);
});

test("what is at a moment", () => {
  const spans = [{ kind: "running", since: 0, until: 50 }, { kind: "stalled", since: 50, until: null }];
  assert.equal(spanAt(spans, 49).kind, "running");
  assert.equal(spanAt(spans, 1e6).kind, "stalled");
  assert.equal(spanAt(spans, -1), null);
  const bins = { since: 0, until: 10, levels: [null, 2] };
  assert.deepEqual([levelAt(bins, 1), levelAt(bins, 9), levelAt(bins, 11)], [null, 2, null]);
});
