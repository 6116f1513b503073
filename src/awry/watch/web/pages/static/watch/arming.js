// The switch that arms a camera by hand, and the button that leaves it to the schedule again.
import { put, remove } from "../kit/api.js";
import { tried } from "../kit/toast.js";

const FOUND = "[data-arm], [data-by-schedule]";

/** Hear the switches in `holder`; `done(button, armed)` comes after, `armed` null: by the schedule. */
export function arming(holder, done) {
  holder.addEventListener("click", (event) => {
    const button = event.target.closest(FOUND);
    if (!button || button.disabled || button.hasAttribute("aria-busy")) return;
    const { arm, bySchedule } = button.dataset;
    const armed = bySchedule ? null : button.getAttribute("aria-checked") !== "true";
    const path = `/api/v1/cameras/${encodeURIComponent(arm ?? bySchedule)}/armed`;
    button.setAttribute("aria-busy", "true");
    tried(async () => {
      await (armed === null ? remove(path) : put(path, { armed }));
      await done(button, armed);
    }).finally(() => button.removeAttribute("aria-busy"));
  });
}
