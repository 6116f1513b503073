// The page's colours for canvases, which cannot read `light-dark()`; and when they change.
let probe = null;
let known = new Map();
const then = new Set();

/** A colour of the kit as a canvas takes it, e.g. `colour("alarm")`. */
export function colour(name) {
  if (!known.has(name)) {
    if (probe === null) {
      probe = document.createElement("span");
      probe.hidden = true;
      document.body.append(probe);
    }
    probe.style.color = `var(--${name})`;
    known.set(name, getComputedStyle(probe).color);
  }
  return known.get(name);
}

/** Call `draw` whenever the appearance changes; gives a function that ends it. */
export function recoloured(draw) {
  then.add(draw);
  return () => then.delete(draw);
}

function changed() {
  known = new Map();
  for (const draw of then) draw();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
