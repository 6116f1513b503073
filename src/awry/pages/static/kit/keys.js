// Keys of a page, and the list of them that `?` shows.
import { _ } from "./words.js";

const known = [];

/**
 * Let keys do something; returns a function that ends it.
 *
 * `names` is one or several `KeyboardEvent.key`, letters small; `text` for the list, empty: not in
 * it.
 */
export function key(names, text, then) {
  const one = { names: [names].flat(), text, then };
  known.push(one);
  return () => known.splice(known.indexOf(one), 1);
}

const SIGNS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const sign = (name) => (name === " " ? _("Space") : name === "Enter" ? _("Enter") : (SIGNS[name] ?? name));

const TYPED = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select";

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.(`${TYPED}, [contenteditable]`)) return;
  if (document.querySelector("dialog[open]") && event.key !== "Escape") return;
  // What has the focus has its own use of these.
  const pressed = event.key === " " || event.key === "Enter";
  if (pressed && event.target.closest?.("button, a, summary, [role=button], input, video")) return;
  if (event.key.startsWith("Arrow") && event.target.closest?.("input, video, [role=tablist]")) return;
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
    return;
  }
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = known.find((one) => one.names.includes(name));
  if (found) {
    event.preventDefault();
    found.then(event);
  }
});

/** The list of the page's keys, as a dialog. */
export function showKeys() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", _("Keys"));
  const title = document.createElement("h2");
  title.textContent = _("Keys");
  const list = document.createElement("dl");
  list.className = "keys";
  for (const one of [...known, { names: ["?"], text: _("this list") }]) {
    if (!one.text) continue;
    const name = document.createElement("dt");
    for (const each of one.names) {
      const mark = document.createElement("kbd");
      mark.textContent = sign(each);
      name.append(mark, " ");
    }
    const text = document.createElement("dd");
    text.textContent = one.text;
    list.append(name, text);
  }
  const close = document.createElement("button");
  close.className = "button";
  close.textContent = _("Close");
  close.addEventListener("click", () => dialog.close());
  dialog.append(title, list, close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
