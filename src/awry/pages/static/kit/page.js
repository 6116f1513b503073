// What every page does: language, colours, log-out, the connection, the end of a log-in.
import { remove } from "./api.js";
import { showKeys } from "./keys.js";
import { connection } from "./stream.js";
import "./times.js";
import { tried } from "./toast.js";
import { _ } from "./words.js";

document.querySelector("[data-language]")?.addEventListener("change", (event) => {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `awry_language=${event.target.value}; path=/; max-age=31536000; samesite=strict${secure}`;
  location.reload();
});

const theme = document.querySelector("[data-theme-choice]");
if (theme) {
  theme.value = document.documentElement.dataset.theme ?? "";
  theme.addEventListener("change", () => {
    try {
      localStorage.setItem("awry-theme", theme.value);
    } catch {
      // It lasts for this page alone then.
    }
    if (theme.value) document.documentElement.dataset.theme = theme.value;
    else delete document.documentElement.dataset.theme;
  });
}

document.querySelector("[data-keys]")?.addEventListener("click", showKeys);
document.querySelector("[data-log-out]")?.addEventListener("click", () =>
  tried(async () => {
    await remove("/api/v1/session");
    location.assign("/login");
  }),
);

for (const menu of document.querySelectorAll("details.menu")) {
  addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

document.addEventListener("awry-logged-out", () => {
  if (document.querySelector("#logged-out") || location.pathname === "/login") return;
  const dialog = document.createElement("dialog");
  dialog.id = "logged-out";
  dialog.setAttribute("aria-label", _("Your log-in has ended"));
  const title = document.createElement("h2");
  title.textContent = _("Your log-in has ended");
  const text = document.createElement("p");
  text.textContent = _("What you see is not live any longer. Log in to go on where you are.");
  const go = document.createElement("a");
  go.className = "button primary";
  go.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  go.textContent = _("Log in");
  dialog.append(title, text, go);
  document.body.append(dialog);
  dialog.showModal();
});

/** `<awry-connection>`: says that the page hears nothing of the server. */
class Connection extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    connection.addEventListener("open", () => this.show(""));
    connection.addEventListener("lost", () => {
      this.timer ??= setTimeout(() => this.show(_("No connection to the server")), 2000);
    });
  }

  show(text) {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.textContent = text;
    document.documentElement.toggleAttribute("data-away", text !== "");
  }
}

customElements.define("awry-connection", Connection);
