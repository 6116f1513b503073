// The log goes on while one looks.
import { fragment } from "../kit/api.js";
import { _ } from "../kit/words.js";

const EVERY_MS = 2000;
const MOST = 1000;
const lines = document.querySelector("[data-lines]");
const pause = document.querySelector("[data-pause]");
const none = document.querySelector("[data-none]");
let newest = Number(lines.dataset.newest);

async function look() {
  if (pause.getAttribute("aria-pressed") === "true" || document.visibilityState !== "visible") return;
  const place = new URL(lines.dataset.live, location.origin);
  place.searchParams.set("after", newest);
  let made;
  try {
    made = await fragment(place.pathname + place.search);
  } catch {
    return; // the bar says that the server is away
  }
  const rows = made.querySelectorAll("tr");
  if (!rows.length) return;
  newest = Number(rows[0].dataset.id);
  lines.prepend(made);
  none.hidden = true;
  while (lines.rows.length > MOST) lines.rows[lines.rows.length - 1].remove();
}

if (lines.dataset.live && pause) {
  setInterval(look, EVERY_MS);
  pause.addEventListener("click", () => {
    const stopped = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(stopped));
    pause.textContent = stopped ? _("Go on following") : _("Stop following");
  });
}
