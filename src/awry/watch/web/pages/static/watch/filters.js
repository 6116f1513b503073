// What is looked for, as a form and as the query of an address.

const local = (at) => {
  const date = new Date(at * 1000);
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
};

/** Fill in what the server cannot: times in the viewer's zone. */
export function fill(form) {
  for (const input of form.querySelectorAll("input[data-at]")) {
    const at = Number(input.dataset.at);
    input.value = input.dataset.at && Number.isFinite(at) ? local(at) : "";
  }
}

/** What a form asks for, as the API takes it; what is left open is not in it. */
export function queryOf(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    if (name === "told") query.append(...value.split(":"));
    else if (name === "since" || name === "until") {
      const at = Math.floor(new Date(value).getTime() / 1000);
      if (Number.isFinite(at)) query.append(name, String(at));
    } else query.append(name, value);
  }
  return query;
}

const MORE = ["since", "until", "state", "part", "pinned", "shadow"];

/** Show how much is asked for by what is folded away. */
export function count(form, query) {
  form.querySelector(".cameras [data-count]").textContent = query.getAll("camera").length || "";
  form.querySelector("[data-more-count]").textContent = MORE.filter((name) => query.has(name)).length || "";
}
