// Short words at the edge of the page; screen readers say them.
import { _ } from "./words.js";

/** Show a sentence; `action` is `{text, do}` of a button beside it, e.g. to undo. */
export function toast(text, { bad = false, action = null, seconds = 6 } = {}) {
  const shown = document.createElement("div");
  shown.className = bad ? "toast bad" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  shown.append(words);
  if (action !== null) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = action.text;
    button.addEventListener("click", () => {
      shown.remove();
      action.do();
    });
    shown.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button quiet icon-only";
  close.textContent = "×";
  close.setAttribute("aria-label", _("Close"));
  close.addEventListener("click", () => shown.remove());
  shown.append(close);
  const holder = document.getElementById("toasts");
  holder.append(shown);
  while (holder.children.length > 4) holder.firstElementChild.remove();
  setTimeout(() => shown.remove(), seconds * 1000);
}

/** Do something; where it fails, say why. Returns whether it was done. */
export async function tried(what) {
  try {
    await what();
    return true;
  } catch (error) {
    if (error.name !== "AbortError" && error.status !== 401) toast(error.message, { bad: true });
    return false;
  }
}
