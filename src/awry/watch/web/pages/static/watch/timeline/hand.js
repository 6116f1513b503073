// Pointer, wheel and fingers on the timeline: drag pans, a click chooses, wheel and two fingers zoom.
import { atOf, panned, zoomed } from "./scale.js";

const CLICK_PX = 5;

/**
 * `surface` holds rows with a `canvas`; `line` is `{view, bounds, width}` and `changed(view)`, `hovered(at, camera)`,
 * `chosen(at, camera)` are called.
 */
export function hand(surface, line, { changed, hovered, chosen }) {
  const fingers = new Map();
  let begun = null;

  const canvasOf = (event) => event.target.closest?.("[data-line]")?.querySelector("canvas") ?? null;
  const place = (event, canvas) => {
    const box = canvas.getBoundingClientRect();
    return atOf(line.view, box.width, event.clientX - box.left);
  };

  surface.addEventListener("pointerdown", (event) => {
    const canvas = canvasOf(event);
    if (canvas === null || event.target.closest("a, button") || event.button > 0) return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 1) {
      begun = { x: event.clientX, view: line.view, canvas, moved: false, camera: canvas.closest("[data-line]").dataset.line };
    } else begun = null;
    surface.setPointerCapture(event.pointerId);
  });

  surface.addEventListener("pointermove", (event) => {
    if (fingers.size === 2 && fingers.has(event.pointerId)) return pinch(event);
    if (begun !== null && fingers.has(event.pointerId)) {
      const by = event.clientX - begun.x;
      if (!begun.moved && Math.abs(by) < CLICK_PX) return undefined;
      begun.moved = true;
      const seconds = (-by / begun.canvas.clientWidth) * (begun.view.to - begun.view.from);
      return changed(panned(begun.view, line.bounds, seconds));
    }
    const canvas = canvasOf(event);
    return canvas === null ? hovered(null, "") : hovered(place(event, canvas), canvas.closest("[data-line]").dataset.line);
  });

  function pinch(event) {
    const canvas = surface.querySelector("canvas");
    const [a, b] = [...fingers.values()];
    fingers.set(event.pointerId, event.clientX);
    const [c, d] = [...fingers.values()];
    const before = Math.max(20, Math.abs(a - b));
    const after = Math.max(20, Math.abs(c - d));
    const box = canvas.getBoundingClientRect();
    changed(zoomed(line.view, line.bounds, before / after, atOf(line.view, box.width, (c + d) / 2 - box.left)));
  }

  for (const kind of ["pointerup", "pointercancel"]) {
    surface.addEventListener(kind, (event) => {
      if (!fingers.delete(event.pointerId)) return;
      if (kind === "pointerup" && begun !== null && !begun.moved) chosen(place(event, begun.canvas), begun.camera);
      begun = null;
    });
  }
  surface.addEventListener("pointerleave", () => hovered(null, ""));

  surface.addEventListener(
    "wheel",
    (event) => {
      const canvas = canvasOf(event);
      if (canvas === null) return;
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      // With a modifier or to the side only, so that the page itself can still be scrolled over many rows.
      if (!sideways && !event.ctrlKey && !event.shiftKey && surface.scrollHeight > innerHeight * 0.8) return;
      event.preventDefault();
      const span = line.view.to - line.view.from;
      if (sideways) changed(panned(line.view, line.bounds, (event.deltaX / canvas.clientWidth) * span));
      else changed(zoomed(line.view, line.bounds, Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), place(event, canvas)));
    },
    { passive: false },
  );
}
