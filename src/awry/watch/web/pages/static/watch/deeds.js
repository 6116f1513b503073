// Buttons and forms that do something by the API, said in the page by `data-` attributes.
import { patch, post, put, remove } from "../kit/api.js";
import { inLanguage } from "../kit/sentences.js";
import { toast, tried } from "../kit/toast.js";
import { _, ngettext } from "../kit/words.js";

const METHODS = { POST: post, PUT: put, PATCH: patch };

/** Ask the API for something. */
export const call = (method, path, body) =>
  method === "DELETE" ? remove(path) : METHODS[method](path, body ?? {});

/** Ask somebody whether something shall be done. */
export function confirmed(sentence, text) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", text);
  const said = document.createElement("p");
  said.textContent = sentence;
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  const yes = document.createElement("button");
  yes.type = "button";
  yes.className = "button danger";
  yes.textContent = text;
  const no = document.createElement("button");
  no.type = "button";
  no.className = "button";
  no.textContent = _("Cancel");
  buttons.append(yes, no);
  dialog.append(said, buttons);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    yes.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    dialog.showModal();
    no.focus();
  });
}

/** What a check of a backup found, for people. */
async function checked(found) {
  if (found.sound && !found.said.length) {
    const { files } = found;
    const all = ngettext("It is sound, with %(num)s file.", "It is sound, with %(num)s files.", files);
    toast(files ? all : _("It is sound."));
  } else {
    const sentences = await Promise.all(found.said.map(inLanguage));
    toast(sentences.join(" "), { bad: !found.sound, seconds: 20 });
  }
}

const AFTER = { checked };

async function deed(button) {
  const { deed: method, path, body, confirm, done, after } = button.dataset;
  if (confirm && !(await confirmed(confirm, button.textContent.trim()))) return;
  button.disabled = true;
  await tried(async () => {
    const answer = await call(method, path, body ? JSON.parse(body) : undefined);
    if (after) {
      await AFTER[after](answer);
      return;
    }
    if (done) toast(done);
    const part = button.closest("awry-refresh") ?? document.querySelector("awry-refresh");
    if (part) await part.renew(true);
    else location.reload();
  });
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-deed]");
  if (button) deed(button);
});

/** The values of a form's fields as the API wants them: `a.b` is `b` inside `a`. */
export function valuesOf(form) {
  const values = {};
  for (const field of form.querySelectorAll("[name]")) {
    let [holder, name] = [values, field.name];
    if (name.includes(".")) {
      const [outer, inner] = name.split(".");
      values[outer] ??= {};
      [holder, name] = [values[outer], inner];
    }
    if ("list" in field.dataset) {
      holder[name] ??= [];
      if (field.checked) holder[name].push(field.value);
    } else {
      holder[name] = field.type === "number" ? field.valueAsNumber : field.value;
    }
  }
  if (form.dataset.version) values.version = form.dataset.version;
  return values;
}

/** Send a form; `body` in place of its fields. Returns the answer, or null where it was refused. */
export async function send(form, method, path, body) {
  const problem = form.querySelector("[role=alert]");
  const button = form.querySelector("button[type=submit]");
  problem.textContent = "";
  button.disabled = true;
  try {
    const answer = await call(method, path, body);
    if (form.dataset.saved) toast(form.dataset.saved);
    return answer;
  } catch (error) {
    problem.textContent = error.message;
    return null;
  } finally {
    button.disabled = false;
  }
}

/** The file has another version now: all forms of the page go on with that one. */
export function renewVersion(answer) {
  if (!answer?.version) return;
  for (const form of document.querySelectorAll("form[data-version]")) {
    form.dataset.version = answer.version;
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-api]");
  if (!form) return;
  event.preventDefault();
  const answer = await send(form, form.dataset.api, form.dataset.path, valuesOf(form));
  if (answer === null) return;
  renewVersion(answer);
  form.dispatchEvent(new CustomEvent("awry-done", { detail: answer, bubbles: true }));
});

for (const form of document.querySelectorAll("form[data-filters]")) {
  // What is not chosen does not stand in the address.
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("[name]")) field.disabled = field.value === "";
  });
  addEventListener("pageshow", () => {
    for (const field of form.querySelectorAll("[name]")) field.disabled = false;
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select")) form.requestSubmit();
  });
}
