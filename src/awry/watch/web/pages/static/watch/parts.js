// The clips of an event as one stretch: places in seconds that are played, and moments in time.

/** Parts in order that can be played, each with where it begins: `{start, end, address, codec, from, length}`. */
export function partsOf(clips) {
  let from = 0;
  return [...clips]
    .filter((one) => one.there)
    .sort((a, b) => a.part - b.part)
    .map((one) => {
      const length = Math.max(one.end - one.start, 0.04);
      const part = { ...one, from, length };
      from += length;
      return part;
    });
}

/** How long all parts last together, in seconds. */
export const lengthOf = (parts) => parts.reduce((sum, one) => sum + one.length, 0);

/** The part of a place, and how far into it: `{number, offset}`. */
export function partAt(parts, place) {
  let number = parts.length - 1;
  while (number > 0 && place < parts[number].from) number -= 1;
  const offset = Math.min(Math.max(place - parts[number].from, 0), parts[number].length);
  return { number, offset };
}

/** The place of a moment (seconds since 1970); what lies between two parts is where the next begins. */
export function placeOf(parts, at) {
  for (const one of parts) {
    if (at < one.start) return one.from;
    if (at <= one.end) return one.from + (at - one.start);
  }
  return lengthOf(parts);
}

/** The moment of a place. */
export function momentOf(parts, place) {
  const { number, offset } = partAt(parts, place);
  return parts[number].start + offset;
}

/** Whether a moment lies in one of the parts. */
export const covers = (parts, at) => parts.some((one) => at >= one.start && at <= one.end);
