// Pictures that are loaded when they come into view, few at a time: a browser has six connections
// to a server, and a heat map may take seconds; marks must not wait for them.
import { _ } from "../kit/words.js";

const MOST = 4;
const waiting = new Set();
let loading = 0;

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) waiting.add(target);
      else waiting.delete(target);
    }
    next();
  },
  { rootMargin: "50%" },
);

/** Let an image show what stands at an address, as soon as it is in view; the old one stays so long. */
export function load(image, address) {
  if (image.dataset.src === address) return;
  image.dataset.src = address;
  image.parentElement.setAttribute("aria-busy", "true");
  near.unobserve(image);
  near.observe(image);
}

function next() {
  for (const image of waiting) {
    if (loading >= MOST) return;
    waiting.delete(image);
    near.unobserve(image);
    if (image.isConnected) bring(image);
  }
}

async function bring(image) {
  const address = image.dataset.src;
  const coming = new Image();
  loading += 1;
  coming.src = address;
  let came = true;
  try {
    await coming.decode();
  } catch {
    came = false;
  }
  loading -= 1;
  if (image.dataset.src === address) {
    image.parentElement.removeAttribute("aria-busy");
    image.alt = came ? "" : _("The picture cannot be read any more");
    if (came) image.src = address;
    else image.removeAttribute("src");
    if (!came) delete image.dataset.src; // it may be asked for again
  }
  next();
}
