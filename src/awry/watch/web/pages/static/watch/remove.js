// `<awry-remove camera="NAME">`: a camera is watched no longer; for administrators alone.
import { may, remove } from "../kit/api.js";
import { tried } from "../kit/toast.js";
import { _ } from "../kit/words.js";

class Remove extends HTMLElement {
  connectedCallback() {
    if (!may("admin")) return;
    this.append(this.button(_("Remove this camera"), "button danger", () => this.ask()));
  }

  button(text, className, then) {
    const made = Object.assign(document.createElement("button"), { type: "button", className });
    made.textContent = text;
    made.addEventListener("click", then);
    return made;
  }

  ask() {
    const camera = this.getAttribute("camera");
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", _("Remove this camera"));
    const said = document.createElement("p");
    said.textContent = _("%(camera)s is watched no longer. Its events and clips stay as long as others do; its address and password are deleted.", { camera });
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    buttons.append(
      this.button(_("Keep it"), "button", () => dialog.close()),
      this.button(_("Remove it"), "button danger", () => this.away(camera)),
    );
    dialog.append(said, buttons);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  away(camera) {
    return tried(async () => {
      await remove(`/api/v1/cameras/${encodeURIComponent(camera)}`);
      location.assign("/");
    });
  }
}

customElements.define("awry-remove", Remove);
