// A page that frames the chat may hand it a file. What to do with it is still the person's choice.

const FILE = "shebao:file", TAKEN = "shebao:file-ok", REFUSED = "shebao:file-no";
const MAX_BYTES = 50 * 1024 * 1024;

/** The origins that the messenger's settings allow to frame the chat. */
function allowed() {
  const given = document.querySelector("meta[name=frame-ancestors]")?.content ?? "";
  return new Set(given.split(/\s+/).map((one) => (one === "'self'" ? location.origin : one)));
}

/**
 * Take {type: "shebao:file", name, mediaType, data: ArrayBuffer} from the framing page.
 * `take(file)` says whether it was taken; the page is told either way.
 */
export function listenToFrame(take) {
  if (window.parent === window) return;
  const origins = allowed();
  window.addEventListener("message", ({ data, origin, source }) => {
    if (source !== window.parent || !origins.has(origin) || data?.type !== FILE) return;
    const fits = data.data instanceof ArrayBuffer && data.data.byteLength > 0 && data.data.byteLength <= MAX_BYTES;
    const file = fits ? new File([data.data], String(data.name ?? "file"), { type: String(data.mediaType ?? "") }) : null;
    source.postMessage({ type: file && take(file) ? TAKEN : REFUSED }, origin);
  });
}
