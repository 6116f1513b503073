// Elements that components are made of.
const sheet = document.querySelector('link[href*="kit/kit.css"]')?.href.replace("kit.css", "icons.svg");

/** An element with a class and attributes. */
export function element(name, className = "", attributes = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** An element of SVG. */
export function drawn(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A button that shows an icon and says what it does. */
export function button(icon, text, then) {
  const made = element("button", "button small icon-only", { type: "button" });
  made.append(button.icon(icon));
  button.change(made, icon, text);
  made.addEventListener("click", then);
  return made;
}

button.icon = (name) => {
  const svg = drawn("svg", { class: "icon", "aria-hidden": "true" });
  svg.append(drawn("use", { href: `${sheet}#${name}` }));
  return svg;
};

/** Let a button show and say something else. */
button.change = (made, icon, text) => {
  made.querySelector("use").setAttribute("href", `${sheet}#${icon}`);
  made.setAttribute("aria-label", text);
  made.title = text;
};

/** A button that is on or off. */
export function toggle(icon, text, then) {
  const made = button(icon, text, () => {
    const on = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", String(on));
    then(on);
  });
  made.setAttribute("aria-pressed", "false");
  return made;
}
