// The editor of weekly spans.
import { renewVersion, send } from "./deeds.js";
import { _ } from "../kit/words.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const form = document.querySelector("form[data-schedules]");
const boxes = form.querySelector("[data-boxes]");
const none = form.querySelector("[data-none]");

const made = (name) => form.querySelector(`template[${name}]`).content.cloneNode(true);

form.addEventListener("click", (event) => {
  const hit = (name) => event.target.closest(`[${name}]`);
  if (hit("data-add-schedule")) {
    boxes.append(made("data-new-schedule"));
    boxes.lastElementChild.querySelector("[data-name]").focus();
  } else if (hit("data-remove-schedule")) {
    hit("data-schedule").remove();
    form.querySelector("[data-add-schedule]").focus();
  } else if (hit("data-add-span")) {
    const spans = hit("data-schedule").querySelector("[data-spans]");
    spans.append(made("data-new-span"));
    spans.lastElementChild.querySelector("input").focus();
  } else if (hit("data-remove-span")) {
    const box = hit("data-schedule");
    hit("data-span").remove();
    box.querySelector("[data-add-span]").focus();
  }
  none.hidden = boxes.children.length > 0;
});

/** A span as the file of settings writes it, e.g. `mon,tue 18:00-07:00`. */
function spanOf(row) {
  const days = [...row.querySelectorAll("[data-day]:checked")].map((one) => DAYS[one.dataset.day]);
  if (!days.length) throw new Error(_("Choose a day for each span."));
  const start = row.querySelector("[data-start]").value;
  const end = row.querySelector("[data-end]").value;
  const until = end === "00:00" ? "24:00" : end;
  return `${days.length === 7 ? "" : `${days.join(",")} `}${start}-${until}`;
}

function schedulesOf() {
  const found = {};
  for (const box of boxes.querySelectorAll("[data-schedule]")) {
    const name = box.querySelector("[data-name]").value.trim();
    if (name in found) throw new Error(_("Two schedules have the name %(name)s.", { name }));
    found[name] = [...box.querySelectorAll("[data-span]")].map(spanOf);
    if (!found[name].length) throw new Error(_("The schedule %(name)s has no span.", { name }));
  }
  return found;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  let schedules;
  try {
    schedules = schedulesOf();
  } catch (error) {
    form.querySelector("[role=alert]").textContent = error.message;
    return;
  }
  const body = { schedules, version: form.dataset.version };
  renewVersion(await send(form, "PATCH", "/api/v1/config", body));
});
