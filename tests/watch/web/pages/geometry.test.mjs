// Run by node, see test_zones_geometry.py: AWRY_STATIC names the folder of the page's modules.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const load = (name) => import(`${pathToFileURL(process.env.AWRY_STATIC)}/${name}`);
const geometry = await load("polygons.js");
const { Drawn, fromSettings, plainName, toSettings } = await load("zones_drawn.js");
const { MAKERS, addressesOf, looksRight, makerOf } = await load("addresses.js");
const SQUARE = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]];

for (const one of JSON.parse(readFileSync(process.env.AWRY_CASES))) {
  test(`as the site's check: ${one.name}`, () => {
    assert.equal(geometry.problem(one.corners), one.problem);
  });
}

test("the share of a box inside", () => {
  const left = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]];
  assert.equal(geometry.overlap([0, 0, 1, 1], left), 0.5);
  assert.ok(Math.abs(geometry.overlap([0.4, 0.4, 0.6, 0.6], left) - 0.5) < 1e-9);
  assert.equal(geometry.overlap([0.6, 0.6, 0.6, 0.7], left), 0);
  assert.ok(geometry.catches("only", left, [[0.45, 0, 0.95, 1]]));
  assert.ok(!geometry.catches("never", left, [[0.45, 0, 0.95, 1]]));
});

test("corners are drawn to edges and to other corners", () => {
  assert.deepEqual(geometry.snapped([0.01, 0.5], [], [0.02, 0.02]), [0, 0.5]);
  assert.deepEqual(geometry.snapped([0.5, 0.99], [], [0.02, 0.02]), [0.5, 1]);
  assert.deepEqual(geometry.snapped([0.61, 0.21], SQUARE, [0.02, 0.02]), [0.6, 0.2]);
  assert.deepEqual(geometry.snapped([0.65, 0.21], SQUARE, [0.02, 0.02]), [0.65, 0.21]);
});

test("a polygon is moved as a whole and stays in the picture", () => {
  assert.deepEqual(geometry.moved(SQUARE, 0.1, 0)[0], [0.3, 0.2]);
  assert.deepEqual(geometry.moved(SQUARE, 9, -9), [[0.6, 0], [1, 0], [1, 0.4], [0.6, 0.4]]);
});

test("a new corner goes to the nearest side", () => {
  assert.equal(geometry.nearestSide([0.4, 0.19], SQUARE).at, 1);
  assert.equal(geometry.nearestSide([0.61, 0.4], SQUARE).at, 2);
  assert.equal(geometry.nearestSide([0.19, 0.4], SQUARE).at, 4);
  assert.ok(geometry.inside([0.4, 0.4], SQUARE));
});

test("steps are undone and done again, a drag at once", () => {
  const drawn = new Drawn();
  const at = drawn.add("only", SQUARE);
  for (const x of [0.1, 0.11, 0.12]) drawn.setCorner(at, 0, [x, 0.1], "drag");
  drawn.rest();
  drawn.setCorner(at, 0, [0, 0], "drag");
  drawn.undo();
  assert.deepEqual(drawn.zones[0].polygon[0], [0.12, 0.1]);
  drawn.undo();
  assert.deepEqual(drawn.zones[0].polygon[0], [0.2, 0.2]);
  drawn.redo();
  drawn.redo();
  drawn.redo();
  assert.deepEqual(drawn.zones[0].polygon[0], [0, 0]);
  drawn.undo();
  drawn.undo();
  drawn.undo();
  drawn.undo();
  assert.equal(drawn.zones.length, 0);
  assert.ok(!drawn.changed);
});

test("corners come and go, but three stay", () => {
  const drawn = new Drawn([{ kind: "never", name: "a", polygon: SQUARE }]);
  drawn.splitAfter(0, 3);
  assert.deepEqual(drawn.zones[0].polygon[4], [0.2, 0.4]);
  for (let number = 0; number < 4; number++) drawn.removeCorner(0, 0);
  assert.equal(drawn.zones[0].polygon.length, 3);
});

test("what is wrong is told", () => {
  const drawn = new Drawn();
  drawn.add("only", SQUARE);
  drawn.add("never", SQUARE);
  assert.deepEqual(drawn.zones.map((one) => one.name), ["zone-1", "zone-2"]);
  assert.ok(drawn.fine);
  drawn.setName(1, "zone-1");
  assert.equal(drawn.wrong(1), "twice");
  drawn.setName(1, "");
  assert.equal(drawn.wrong(1), "name");
  drawn.setKind(1, "ignore");
  assert.equal(drawn.wrong(1), "");
  drawn.setCorner(0, 0, [0.9, 0.4], "x");
  assert.equal(drawn.wrong(0), "crossing");
});

test("settings are the same there and back", () => {
  const settings = {
    zones: [{ name: "gate", alarm: "only", polygon: SQUARE }],
    ignore: [SQUARE],
  };
  assert.deepEqual(toSettings(fromSettings(settings)), settings);
  assert.equal(plainName(" Tür der Müller/Straße "), "tuer-der-mueller-strasse");
  assert.equal(plainName("__"), "");
});

test("events count by zones as the site decides it", () => {
  const zone = (kind, polygon) => ({ kind, polygon });
  const inside = [[0.3, 0.3, 0.5, 0.5]];
  const far = [[0.8, 0.8, 0.9, 0.9]];
  assert.ok(geometry.counts([], far));
  assert.ok(geometry.counts([zone("never", SQUARE)], []));
  assert.ok(!geometry.counts([zone("never", SQUARE)], inside));
  assert.ok(geometry.counts([zone("never", SQUARE)], [...inside, ...far]));
  assert.ok(geometry.counts([zone("only", SQUARE)], inside));
  assert.ok(!geometry.counts([zone("only", SQUARE)], far));
  assert.ok(!geometry.counts([zone("only", SQUARE), zone("never", SQUARE)], inside));
});

test("addresses of makers", () => {
  const both = addressesOf("tplink", " 192.168.1.20 ");
  assert.deepEqual(both, { small: "rtsp://192.168.1.20/stream2", large: "rtsp://192.168.1.20/stream1" });
  assert.equal(addressesOf("foscam", "cam").small, "rtsp://cam:88/videoSub");
  assert.equal(addressesOf("foscam", "cam:554").small, "rtsp://cam:554/videoSub");
  assert.equal(addressesOf("axis", "[fe80::1]").large, "rtsp://[fe80::1]/axis-media/media.amp");
  for (const host of ["", "a b", "a/b", "me@a", "a:b"]) assert.equal(addressesOf("axis", host), null);
  assert.equal(addressesOf("nobody", "a"), null);
  for (const one of MAKERS) assert.ok(looksRight(addressesOf(one.id, "10.0.0.1").small), one.id);
});

test("what a device says of itself names its maker", () => {
  assert.equal(makerOf("AXIS M1065, network camera"), "axis");
  assert.equal(makerOf("IPC-HFW by Dahua"), "dahua");
  assert.equal(makerOf("some camera"), "");
});

test("what begins as a camera's address", () => {
  for (const good of ["rtsp://a/b", "HTTP://a", "/dev/video0"]) assert.ok(looksRight(good), good);
  for (const bad of ["", "file:///etc", "rtsp://", "rtsp://a b", "/dev/sda", "192.168.1.20"]) {
    assert.ok(!looksRight(bad), bad);
  }
});
