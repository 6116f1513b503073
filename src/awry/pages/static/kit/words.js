// Words of the page's language; what is not translated is English.
const { language, words } = globalThis.awryWords ?? { language: "en", words: {} };

const filled = (text, values) =>
  text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));

export { language };

/** A sentence in the page's language, e.g. `_("Last seen %(time)s", {time})`. */
export function _(text, values = {}) {
  const found = words[text];
  return filled(typeof found === "string" ? found : text, values);
}

/** The same by number: `ngettext("%(num)s event", "%(num)s events", n)`. */
export function ngettext(one, many, num, values = {}) {
  const forms = words[one];
  // All languages of the catalogue so far have two forms; others need their rule here.
  const text = Array.isArray(forms) ? forms[num === 1 ? 0 : 1] : num === 1 ? one : many;
  return filled(text, { num: new Intl.NumberFormat(language).format(num), ...values });
}
