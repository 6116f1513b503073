// Usual forms of cameras' addresses, by maker. Nothing of a page.

/** Of each maker: the path of the small stream, and of the large one. */
export const MAKERS = [
  { id: "hikvision", name: "Hikvision, HiLook, Annke", small: "/Streaming/Channels/102", large: "/Streaming/Channels/101" },
  { id: "dahua", name: "Dahua, Amcrest, Lorex", small: "/cam/realmonitor?channel=1&subtype=1", large: "/cam/realmonitor?channel=1&subtype=0" },
  { id: "reolink", name: "Reolink", small: "/h264Preview_01_sub", large: "/h264Preview_01_main" },
  { id: "tplink", name: "TP-Link Tapo, VIGI", small: "/stream2", large: "/stream1" },
  { id: "axis", name: "Axis", small: "/axis-media/media.amp?resolution=640x360", large: "/axis-media/media.amp" },
  { id: "hanwha", name: "Hanwha, Samsung", small: "/profile3/media.smp", large: "/profile2/media.smp" },
  { id: "bosch", name: "Bosch", small: "/?inst=2", large: "/?inst=1" },
  { id: "uniview", name: "Uniview", small: "/media/video2", large: "/media/video1" },
  { id: "vivotek", name: "Vivotek", small: "/live2.sdp", large: "/live.sdp" },
  { id: "foscam", name: "Foscam", port: 88, small: "/videoSub", large: "/videoMain" },
];

const HOST = /^(\[[0-9a-f:.%]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/** A maker's addresses at a host, `{small, large}`; null where the host is none. */
export function addressesOf(id, host) {
  const maker = MAKERS.find((one) => one.id === id);
  const found = HOST.exec(host.trim());
  if (!maker || !found) return null;
  const place = found[2] || !maker.port ? found[0] : `${found[0]}:${maker.port}`;
  return { small: `rtsp://${place}${maker.small}`, large: `rtsp://${place}${maker.large}` };
}

/** The maker that a device's own words name; empty: none that is known. */
export function makerOf(words) {
  const text = words.toLowerCase();
  const found = MAKERS.find((one) =>
    one.name.toLowerCase().split(/[ ,]+/).some((name) => name.length > 3 && text.includes(name)),
  );
  return found?.id ?? "";
}

/** Whether an address begins as a camera's does. */
export const looksRight = (address) =>
  /^(rtsps?|rtmps?|https?|udp|tcp|rtp|srt):\/\/\S+$/i.test(address) ||
  /^\/dev\/video\d{1,2}$/.test(address);
