// Logging in, making the first user, and another password of one's own.
import { get, post, put } from "../kit/api.js";
import { _, ngettext } from "../kit/words.js";

const form = document.querySelector("form[data-entry]");
const kind = form.dataset.entry;
const problem = form.querySelector("[role=alert]");
const button = form.querySelector("button[type=submit]");
const field = (name) => form.elements.namedItem(name);
// A path of this very server: browsers take more than `//` for another host.
const inside = (path) => (new URL(path, location.href).origin === location.origin ? path : "/");

// ---- what is said before it is sent ----
const rules = {
  length: () => [...field("password").value].length >= Number(form.dataset.shortest),
  name: () => {
    const [password, name] = [field("password").value, form.dataset.user ?? field("name").value];
    const left = name ? password.toLowerCase().replaceAll(name.toLowerCase(), "") : password;
    return left.length >= Number(form.dataset.shortest) / 2;
  },
  same: () => field("password").value !== "" && field("password").value === field("again").value,
};

function showRules() {
  for (const item of form.querySelectorAll("[data-rule]")) {
    const met = rules[item.dataset.rule]();
    item.classList.toggle("met", met);
    item.querySelector("[data-met]").textContent = met ? _("met") : _("not yet");
  }
}
form.addEventListener("input", showRules);

function capsLock(event) {
  const on = event.getModifierState?.("CapsLock") ?? false;
  form.querySelector("[data-caps]").textContent = on ? _("Caps Lock is on.") : "";
}
for (const one of form.querySelectorAll("[type=password]")) {
  one.addEventListener("keydown", capsLock);
  one.addEventListener("keyup", capsLock);
  one.addEventListener("blur", () => (form.querySelector("[data-caps]").textContent = ""));
}

form.querySelector("[data-reveal]")?.addEventListener("change", (event) => {
  for (const one of form.querySelectorAll("[data-secret]")) {
    one.type = event.target.checked ? "text" : "password";
  }
});

// ---- what is sent ----
const send = {
  async setup(given) {
    const wanted = { name: given.name, password: given.password };
    if (given.first_token) wanted.first_token = given.first_token.trim();
    await post("/api/v1/setup", wanted);
    await send.login(given);
  },
  async login({ name, password }) {
    await post("/api/v1/session", { name, password });
    await get("/api/v1/session");
    location.assign(inside(form.dataset.next || "/"));
  },
  async password({ old, password }) {
    await put("/api/v1/session/password", { old, new: password });
    location.assign("/login?changed=1");
  },
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (kind !== "login" && !rules.length()) return refuse(_("The password is too short."), "password");
  if (kind !== "login" && !rules.same()) return refuse(_("The two passwords differ."), "again");
  button.disabled = true;
  try {
    await send[kind](Object.fromEntries(new FormData(form)));
  } catch (error) {
    if (error.wait > 0) return waiting(error.wait);
    refuse(error.message, kind === "password" && error.status === 403 ? "old" : "password");
    button.disabled = false;
  }
});

function refuse(text, where) {
  problem.textContent = text;
  field(where).focus();
  field(where).select();
}

/** Too many attempts: say for how long, and count down. */
function waiting(seconds) {
  const until = Date.now() + 1000 * seconds;
  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      clearInterval(timer);
      problem.textContent = _("You may try again.");
      button.disabled = false;
      return;
    }
    // A screen reader hears it once: the number stands in an element of its own.
    count.textContent = ngettext("%(num)s second", "%(num)s seconds", left);
  };
  const count = document.createElement("span");
  count.setAttribute("aria-live", "off");
  problem.replaceChildren(_("Too many attempts. Try again in"), " ", count);
  const timer = setInterval(show, 1000);
  show();
}

showRules();
