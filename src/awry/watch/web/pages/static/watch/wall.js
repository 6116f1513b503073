// The wall view: all tiles fill the screen, as large as they can be; a new alarm marks its tile.
import { hear } from "../kit/stream.js";
import { toast } from "../kit/toast.js";
import { _ } from "../kit/words.js";

const MARKED_MS = 15_000;

/** Columns that make tiles of 16:9 as large as can be in a width and a height. */
export function columnsFor(count, width, height) {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const wide = Math.min(width / columns, ((height / rows) * 16) / 9);
    if (wide > largest + 0.5) {
      largest = wide;
      best = columns;
    }
  }
  return best;
}

async function awake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // The monitor may sleep then.
  }
}

export function wall(holder) {
  if (!document.querySelector(".now.wall")) return;
  const fit = () => {
    const count = holder.querySelectorAll("[data-tile]").length || 1;
    holder.style.setProperty("--columns", columnsFor(count, holder.clientWidth, holder.clientHeight));
    holder.style.setProperty("--rows", Math.ceil(count / columnsFor(count, holder.clientWidth, holder.clientHeight)));
  };
  new ResizeObserver(fit).observe(holder);
  new MutationObserver(fit).observe(holder, { childList: true });
  document.querySelector("[data-full]").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => toast(_("This browser does not allow a full screen."), { bad: true }));
  });
  document.addEventListener("visibilitychange", () => document.hidden || awake());
  awake();
  const marks = new Map();
  hear("event", (changes) => {
    for (const one of changes.filter((each) => each.payload.told && each.payload.phase === "new")) {
      const tile = holder.querySelector(`[data-tile="${CSS.escape(one.camera)}"]`);
      if (!tile) continue;
      tile.classList.add("alarmed");
      clearTimeout(marks.get(one.camera));
      marks.set(one.camera, setTimeout(() => tile.classList.remove("alarmed"), MARKED_MS));
    }
  });
}
