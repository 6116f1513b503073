// Bring a part of the page up to date with what the server renders, element by element: what is the
// same stays, with its focus, its pictures and where it is scrolled to.

/**
 * Make `old` what `fresh` is; attributes that `old` names in `data-own` belong to the page's
 * components and stay, with `content` also what it holds. A component's content is its own.
 */
export function sync(old, fresh) {
  const own = new Set((old.dataset.own ?? "").split(" "));
  own.add("data-own");
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !own.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !own.has(name)) old.setAttribute(name, value);
  }
  if (own.has("content") || old.localName.includes("-")) return;
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  const alike =
    before.length === after.length &&
    before.every((node, place) => node.nodeName === after[place].nodeName);
  if (!alike) {
    old.replaceChildren(...after);
    return;
  }
  before.forEach((node, place) => {
    if (node.nodeType === Node.ELEMENT_NODE) sync(node, after[place]);
    else if (node.nodeValue !== after[place].nodeValue) node.nodeValue = after[place].nodeValue;
  });
}

/**
 * Let `holder`'s children be those of `keys`, in that order: children with these `data-key` stay
 * where they are right already, `fresh` gives those that are new or have changed.
 */
export function arrange(holder, keys, fresh) {
  const old = new Map([...holder.children].map((child) => [child.dataset.key, child]));
  const news = new Map([...fresh.children].map((child) => [child.dataset.key, child]));
  let last = null;
  for (const key of keys) {
    const made = news.get(key);
    const kept = old.get(key);
    if (kept && made) sync(kept, made);
    const child = kept ?? made;
    if (!child) continue;
    const next = last === null ? holder.firstElementChild : last.nextElementSibling;
    if (child !== next) holder.insertBefore(child, next);
    old.delete(key);
    last = child;
  }
  for (const gone of old.values()) gone.remove();
}
