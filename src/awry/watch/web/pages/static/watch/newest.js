// The newest events at the side: they come by themselves, and wait while somebody is looking at them.
import { fragment } from "../kit/api.js";
import { hear } from "../kit/stream.js";
import { ngettext } from "../kit/words.js";

const EVERY_MS = 1000;
// A busy machine is asked less often: so many times what the last time took.
const REST = 4;

/** Bring a list up to date: what stayed the same is not touched. */
export function merged(list, fresh) {
  const there = new Map([...list.children].map((one) => [one.dataset.uid, one]));
  let before = null;
  for (const one of [...fresh.children]) {
    const old = there.get(one.dataset.uid);
    const same = old && old.dataset.was === one.dataset.was;
    const wanted = same ? old : one;
    if (old && !same) old.replaceWith(wanted);
    if (old) there.delete(one.dataset.uid);
    const place = before === null ? list.firstChild : before.nextSibling;
    if (place !== wanted) list.insertBefore(wanted, place);
    before = wanted;
  }
  for (const old of there.values()) old.remove();
}

export function newest(list, button) {
  const side = list.closest("aside");
  let scheduled = null;
  let busy = false;
  let waiting = null;
  let pause = EVERY_MS;
  const held = () => side.matches(":hover") || side.contains(document.activeElement);

  function show() {
    if (waiting === null) return;
    const focused = document.activeElement?.closest?.("[data-uid]")?.dataset.uid;
    merged(list, waiting);
    waiting = null;
    button.hidden = true;
    if (focused && !list.contains(document.activeElement)) {
      list.querySelector(`[data-uid="${CSS.escape(focused)}"] a`)?.focus();
    }
  }

  async function load() {
    scheduled = null;
    if (busy) return later();
    busy = true;
    const begun = performance.now();
    try {
      const holder = document.createElement("ol");
      holder.append(await fragment("/ui/now/events"));
      for (const one of holder.children) one.dataset.was = one.innerHTML;
      waiting = holder;
      const known = new Set([...list.children].map((one) => one.dataset.uid));
      const fresh = [...holder.children].filter((one) => one.dataset.uid && !known.has(one.dataset.uid)).length;
      if (!held() || fresh === 0) show();
      else {
        button.textContent = ngettext("%(num)s new", "%(num)s new", fresh);
        button.hidden = false;
      }
    } catch {
      // The page says itself that the server is away; the next change tries again.
    } finally {
      busy = false;
      pause = Math.max(EVERY_MS, REST * (performance.now() - begun));
    }
  }

  function later() {
    scheduled ??= setTimeout(load, pause);
  }

  for (const one of list.children) one.dataset.was = one.innerHTML;
  for (const kind of ["event", "clip", "judgement", "reset"]) hear(kind, later);
  button.addEventListener("click", () => {
    show();
    list.querySelector("a, button")?.focus();
  });
  for (const kind of ["pointerleave", "focusout"]) {
    side.addEventListener(kind, () => setTimeout(() => held() || show(), 0));
  }
}
