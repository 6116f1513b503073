// Users and tokens: dialogs, roles, and the secret that is shown once.
import { patch } from "../kit/api.js";
import { toast, tried } from "../kit/toast.js";
import { _ } from "../kit/words.js";
import { confirmed } from "./deeds.js";

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-open]");
  if (open) show(open);
  const close = event.target.closest("[data-close]");
  if (close) {
    close.closest("dialog").close();
    if ("reload" in close.dataset) location.reload();
  }
});

function show(button) {
  const dialog = document.getElementById(button.dataset.open);
  const form = dialog.querySelector("form");
  form.reset();
  form.querySelector("[role=alert]").textContent = "";
  if (button.dataset.user) {
    form.dataset.path = `/api/v1/users/${encodeURIComponent(button.dataset.user)}`;
    dialog.querySelector("[data-shown-user]").textContent = button.dataset.user;
  }
  dialog.showModal();
}

document.addEventListener("awry-done", (event) => {
  event.target.closest("dialog")?.close();
  if (event.target.dataset.result !== "made-token") {
    location.reload();
    return;
  }
  const dialog = document.getElementById("made-token");
  const secret = dialog.querySelector("[data-secret]");
  secret.value = event.detail.token;
  dialog.addEventListener("close", () => {
    secret.value = "";
    location.reload();
  });
  dialog.showModal();
  secret.select();
});

document.querySelector("[data-copy]")?.addEventListener("click", async () => {
  const secret = document.querySelector("[data-secret]");
  try {
    await navigator.clipboard.writeText(secret.value);
  } catch {
    // Without TLS a browser gives pages no clipboard: the selection can be copied by hand.
    secret.select();
    toast(_("Press Ctrl and C to copy it."));
    return;
  }
  toast(_("Copied."));
});

for (const select of document.querySelectorAll("select[data-role-of]")) {
  select.addEventListener("change", async () => {
    const name = select.dataset.roleOf;
    const sentence = _("%(name)s has to log in again.", { name });
    const sure = await confirmed(sentence, _("Change"));
    const path = `/api/v1/users/${encodeURIComponent(name)}`;
    if (sure && (await tried(() => patch(path, { role: select.value })))) {
      select.dataset.was = select.value;
      toast(_("Saved."));
      return;
    }
    select.value = select.dataset.was;
  });
}
