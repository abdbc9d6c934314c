// Chat frames. One at a time per box: each holds a stream open, and a browser gives one address few connections.
import { h } from "./base.js";

const FILE = "shebao:file", FILE_OK = "shebao:file-ok", FILE_NO = "shebao:file-no";
const FILE_PATIENCE = 1500; // ms

/** The frame in a box, or null. */
export const frameOf = (box) => document.querySelector(`#${box} iframe`);

/** Shows a link's chat in a box, in place of another one. A used link leads back to its own chat. */
export function showFrame(box, link, title) {
  const old = frameOf(box);
  if (old?.getAttribute("src") === link) return;
  old?.remove();
  document.getElementById(box).append(h("iframe", { title, src: link, allow: "camera; microphone; clipboard-write" }));
}

/** Offers a file to the employee's chat: {type: "shebao:file", name, mediaType, data}. False when it isn't taken. */
export async function sendToChat(name, blob) {
  const frame = frameOf("employee-frames");
  if (!frame) return false;
  const origin = new URL(frame.src).origin;
  const data = await blob.arrayBuffer();
  return new Promise((resolve) => {
    const done = (taken) => {
      clearTimeout(timer);
      window.removeEventListener("message", hear);
      resolve(taken);
    };
    const hear = (event) => {
      if (event.source !== frame.contentWindow || event.origin !== origin) return;
      if ([FILE_OK, FILE_NO].includes(event.data?.type)) done(event.data.type === FILE_OK);
    };
    const timer = setTimeout(() => done(false), FILE_PATIENCE);
    window.addEventListener("message", hear);
    frame.contentWindow.postMessage({ type: FILE, name, mediaType: blob.type, data }, origin);
  });
}
