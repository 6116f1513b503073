// The page where a camera is found, tried and added.
import { get, post } from "../kit/api.js";
import { inLanguage } from "../kit/sentences.js";
import { _, ngettext } from "../kit/words.js";
import { MAKERS, addressesOf, looksRight, makerOf } from "./addresses.js";
import "./machine.js";
import { plainName } from "./zones_drawn.js";

const form = document.querySelector("form[data-adding]");
const part = (name) => form.querySelector(`[data-adding="${name}"]`);
const field = (name) => form.elements.namedItem(name);
let tried = ""; // the address, user and password that were tested

function made(kind, properties, ...children) {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...children);
  return element;
}

// ---- which camera ----
const maker = part("maker");
maker.append(made("option", { value: "", textContent: _("Choose …") }));
for (const one of MAKERS) maker.append(made("option", { value: one.id, textContent: one.name }));

function fillAddress() {
  const both = addressesOf(maker.value, part("host").value);
  if (!both) return;
  field("address").value = both.small;
  field("record").value = both.large;
  untested();
}
maker.addEventListener("change", fillAddress);
part("host").addEventListener("input", fillAddress);

part("discover").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  part("found-told").textContent = _("The network is being asked; this takes some seconds …");
  try {
    const { cameras } = await get("/api/v1/discover");
    part("found").replaceChildren(...cameras.map(foundCamera));
    part("found-told").textContent = cameras.length
      ? ngettext("%(num)s camera has answered. Choose it.", "%(num)s cameras have answered. Choose one.", cameras.length)
      : _("No camera has answered. Not all do; type the address then.");
  } catch (error) {
    part("found-told").textContent = error.message;
  } finally {
    button.disabled = false;
  }
});

function foundCamera({ host, name, hardware, location, known }) {
  const words = [name, hardware, location].filter(Boolean).join(", ");
  const button = made("button", { type: "button", className: "button" });
  button.append(made("strong", { textContent: host }), made("span", { textContent: words }));
  if (known) button.append(made("span", { className: "mark", textContent: _("watched already") }));
  button.addEventListener("click", () => choose(host, words));
  return made("li", {}, button);
}

function choose(host, words) {
  part("host").value = host;
  maker.value = makerOf(words);
  if (maker.value) fillAddress();
  else {
    field("address").value = `rtsp://${host}/`;
    form.querySelector(".adding-help").open = true;
    untested();
  }
  field(maker.value ? "user" : "address").focus();
}

// ---- the test ----
const given = (name) => ({
  address: field(name).value.trim(),
  user: field("user").value,
  password: field("password").value,
});
const asTyped = () => JSON.stringify([given("address"), field("record").value]);

function untested() {
  if (asTyped() !== tried) part("tried").hidden = true;
}
for (const name of ["address", "record", "user", "password"]) {
  field(name).addEventListener("input", untested);
}

part("try").addEventListener("click", async () => {
  if (!looksRight(field("address").value.trim())) {
    verdict(_("An address begins with rtsp:// or http://, e.g. rtsp://192.168.1.20/stream2."), true);
    field("address").focus();
    return;
  }
  part("try").disabled = true;
  part("trying").textContent = _("The camera is being opened; this takes up to half a minute …");
  const typed = asTyped();
  try {
    show(await inWords(await post("/api/v1/cameras/try", given("address"))));
    if (field("record").value.trim()) await tryLarger();
    tried = typed;
  } catch (error) {
    verdict(error.message, true);
  } finally {
    part("try").disabled = false;
    part("trying").textContent = "";
  }
});

/** What was found, with its sentences as people here read them. */
async function inWords(found) {
  const remarks = await Promise.all((found.remarks ?? []).map(inLanguage));
  return { ...found, refused: /\b401\b/.test(found.problem), problem: await inLanguage(found.problem), remarks };
}

async function tryLarger() {
  part("trying").textContent = _("The larger stream is being opened …");
  const found = await inWords(await post("/api/v1/cameras/try", given("record")));
  const said = found.problem
    ? _("The larger stream does not work: %(why)s", { why: found.problem })
    : _("The larger stream: %(w)s x %(h)s.", { w: found.width, h: found.height });
  part("facts").append(made("li", { textContent: said }));
}

function verdict(text, bad) {
  part("tried").hidden = false;
  part("verdict").className = bad ? "notice bad" : "notice good";
  part("verdict").textContent = text;
  part("facts").replaceChildren();
  if (bad) part("picture").hidden = true;
}

function show(found) {
  verdict(found.problem || _("It works, and can be watched."), Boolean(found.problem));
  if (found.refused) {
    const hint = _("The camera refuses this user or password. They are set in the camera's own settings.");
    part("facts").append(made("li", { textContent: hint }));
  }
  if (found.problem) return;
  const { width, height, rate, picture, streams, remarks } = found;
  part("picture").src = `data:image/jpeg;base64,${picture}`;
  part("picture").hidden = !picture;
  const facts = streams.map(ofStream);
  const size = rate === null ? { w: width, h: height } : { w: width, h: height, rate: rate.toFixed(1) };
  facts.unshift(
    rate === null
      ? _("Pictures of %(w)s x %(h)s came.", size)
      : _("Pictures of %(w)s x %(h)s came, %(rate)s a second.", size),
  );
  part("facts").replaceChildren(...[...facts, ...remarks].map((text) => made("li", { textContent: text })));
  form.querySelector("awry-machine").size = { width, height, rate: Math.min(rate ?? 10, 10) };
}

function ofStream({ kind, codec, read, browsers }) {
  const name = codec.toUpperCase();
  if (kind === "audio") return _("It has sound (%(name)s).", { name });
  if (!read) return _("A further video (%(name)s) is not used.", { name });
  if (browsers === "video") return _("Video as %(name)s: browsers play it.", { name });
  if (browsers === "some") return _("Video as %(name)s: not all browsers play it; others see pictures.", { name });
  return _("Video as %(name)s: browsers see pictures of it.", { name });
}

// ---- the end ----
field("name").addEventListener("change", (event) => {
  event.target.value = plainName(event.target.value);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  part("problem").textContent = "";
  const wrong = [...form.elements].find((one) => one.willValidate && !one.checkValidity());
  if (wrong) {
    problem(_("%(field)s: this is missing, or does not fit.", { field: wrong.labels[0].textContent }));
    wrong.focus();
    return;
  }
  if (tried !== asTyped() && !(await sure())) return;
  part("add").disabled = true;
  try {
    const name = field("name").value;
    await post("/api/v1/cameras", wanted(name));
    part("adding").textContent = _("It is added; its page opens …");
    await there(name);
    location.assign(`/cameras/${encodeURIComponent(name)}`);
  } catch (error) {
    problem(error.message);
    part("add").disabled = false;
  }
});

function problem(text) {
  part("problem").textContent = text;
  part("problem").scrollIntoView({ block: "nearest" });
}

function wanted(name) {
  const days = Number(field("days").value);
  return {
    name,
    detect: given("address"),
    record: field("record").value.trim() ? given("record") : null,
    recording: field("recording").value,
    audio: field("audio").checked,
    budget: `${field("budget").value}/${field("per").value}`,
    learn_s: Number(field("learn").value),
    method: field("method").value,
    days: days === Math.round(Number(form.dataset.days)) ? null : days,
  };
}

/** Whether somebody wants a camera that was not tested. */
function sure() {
  const dialog = made("dialog", {});
  dialog.setAttribute("aria-label", _("Not tested"));
  const answer = new Promise((done) => {
    const button = (text, primary, value) => {
      const one = made("button", { type: "button", textContent: text });
      one.className = primary ? "button primary" : "button";
      one.addEventListener("click", () => {
        done(value);
        dialog.close();
      });
      return one;
    };
    dialog.addEventListener("close", () => {
      done(false);
      dialog.remove();
    });
    dialog.append(
      made("p", { textContent: _("This address was not tested as it stands now. Add the camera all the same?") }),
      made("div", { className: "buttons" }, button(_("Test it first"), true, false), button(_("Add it"), false, true)),
    );
  });
  document.body.append(dialog);
  dialog.showModal();
  return answer;
}

/** Until the site knows the camera; its page says more where that takes long. */
async function there(name) {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { cameras } = await get("/api/v1/cameras");
    if (cameras.some((one) => one.name === name)) return;
    await new Promise((done) => setTimeout(done, 500));
  }
}
