// Dialogs that ask something.
import { _ } from "../kit/words.js";
import { element } from "./made.js";

/**
 * Ask by a dialog: `parts` are elements between its title and its buttons, `text` is what the button
 * says, `then` is done with the form's values. The focus goes back to where it was.
 */
export function ask(title, parts, text, then) {
  const before = document.activeElement;
  const dialog = element("dialog", "asking");
  const heading = element("h2");
  heading.textContent = title;
  dialog.setAttribute("aria-label", title);
  const form = element("form", "", { method: "dialog" });
  const buttons = element("div", "buttons");
  const go = element("button", "button primary", { type: "submit" });
  go.textContent = text;
  const no = element("button", "button", { type: "button" });
  no.textContent = _("Cancel");
  no.addEventListener("click", () => dialog.close());
  buttons.append(go, no);
  form.append(heading, ...parts, buttons);
  form.addEventListener("submit", () => then(Object.fromEntries(new FormData(form))));
  dialog.append(form);
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus?.({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A field with its label. */
export function field(text, control) {
  const label = element("label", "field");
  const words = element("span");
  words.textContent = text;
  label.append(words, control);
  return label;
}

/** Choices of which one is taken: `[value, text]` each. */
export function choices(legend, name, some, first) {
  const set = element("fieldset", "choices");
  const title = element("legend");
  title.textContent = legend;
  set.append(title);
  for (const [value, text] of some) {
    const label = element("label", "check");
    const input = element("input", "", { type: "radio", name, value });
    input.checked = value === first;
    label.append(input, ` ${text}`);
    set.append(label);
  }
  return set;
}
