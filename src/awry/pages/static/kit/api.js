// Requests to this very server: JSON both ways, the CSRF token with every write.
import { inLanguage } from "./sentences.js";
import { _ } from "./words.js";

export class ApiError extends Error {
  constructor(status, message, code = "", wait = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.wait = wait; // seconds until it may be tried again; 0: not said
  }
}

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
export const level = meta("level");
const LEVELS = ["read", "feedback", "admin"];

/** Whether the person may do what needs `feedback` or `admin`. */
export const may = (wanted) => LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);

async function ask(method, path, body, { signal } = {}) {
  const headers = {};
  if (method !== "GET") headers["X-CSRF-Token"] = meta("csrf");
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, _("The server does not answer."));
  }
  if (answer.ok) return answer;
  throw await refusal(answer);
}

/** What an answer says that is an error, in the page's language. */
export async function refusal(answer) {
  let said = {};
  try {
    said = (await answer.json()).error ?? {};
  } catch {
    // No body that can be read.
  }
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  if (answer.status === 401) document.dispatchEvent(new Event("awry-logged-out"));
  const message = await inLanguage(said.message ?? `HTTP ${answer.status}`);
  return new ApiError(answer.status, message, said.code, wait);
}

const json = async (...given) => (await ask(...given)).json();

export const get = (path, options) => json("GET", path, undefined, options);
export const post = (path, body = {}, options) => json("POST", path, body, options);
export const put = (path, body, options) => json("PUT", path, body, options);
export const patch = (path, body, options) => json("PATCH", path, body, options);
export const remove = (path, options) => json("DELETE", path, undefined, options);

/** A piece of a page that the server renders, as a DocumentFragment. */
export async function fragment(path, options) {
  const text = await (await ask("GET", path, undefined, options)).text();
  const holder = document.createElement("template");
  holder.innerHTML = text;
  return holder.content;
}
