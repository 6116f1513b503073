// Which clips this browser can play, and what to say of the others.
import { _ } from "../kit/words.js";

const STRINGS = {
  h264: 'video/mp4; codecs="avc1.42E01E"',
  hevc: 'video/mp4; codecs="hvc1.1.6.L93.B0"',
  h265: 'video/mp4; codecs="hvc1.1.6.L93.B0"',
  av1: 'video/mp4; codecs="av01.0.04M.08"',
  vp9: 'video/mp4; codecs="vp09.00.10.08"',
  mpeg4: 'video/mp4; codecs="mp4v.20.9"',
  mjpeg: 'video/mp4; codecs="mp4v.6C"',
};
const NAMES = { h264: "H.264", hevc: "H.265", h265: "H.265", av1: "AV1", vp9: "VP9", mpeg4: "MPEG-4", mjpeg: "MJPEG" };
const known = new Map();

/** Whether the browser says that it can play a clip of that codec; of an unknown one it is tried. */
export function readable({ codec }) {
  const string = STRINGS[codec];
  if (string === undefined) return true;
  if (!known.has(codec)) known.set(codec, document.createElement("video").canPlayType(string) !== "");
  return known.get(codec);
}

/** Why nothing of an event can be played; `parts`: its clips that are there. */
export function whyNot(facts, parts) {
  if (parts.length) {
    const codec = NAMES[parts[0].codec] ?? parts[0].codec;
    return _("This browser cannot play the clip (%(codec)s). You can download it.", { codec });
  }
  if (facts.media === "expired") return _("The clip was deleted after its time.");
  if (facts.clips.length) return _("The clip's file is missing.");
  if (facts.state === "open") return _("The event goes on. Its clip comes when it has ended.");
  if (facts.shadow) return _("The detector only tries, so there is no clip.");
  return _("No clip was recorded.");
}
