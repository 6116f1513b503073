// Sentences of the API in the page's language: the API itself answers in English.
import { language } from "./words.js";

const known = new Map();
const MOST = 500;

/** A sentence of the API, as people here read it; as it is where that cannot be asked. */
export async function inLanguage(text) {
  if (language === "en" || !text) return text;
  if (known.has(text)) return known.get(text);
  try {
    const answer = await fetch(`/ui/said/${language}?${new URLSearchParams({ text })}`);
    if (!answer.ok) return text;
    if (known.size >= MOST) known.clear();
    known.set(text, await answer.text());
    return known.get(text);
  } catch {
    return text;
  }
}
