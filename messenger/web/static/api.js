// The JSON interface and the event stream of this identity: everything is below its own path.

export const base = new URL("api/", location.href.split("#")[0]).pathname;

const HEADERS = { "X-Messenger-Request": "1" };

export class ApiError extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** Call the interface; returns its JSON. Throws ApiError. */
export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(base + path, {
      method,
      headers: body === undefined ? HEADERS : { ...HEADERS, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new ApiError(0, "offline");
  }
  return read(answer.status, await answer.text());
}

/** Upload a form, with progress from 0 to 1. */
export function upload(path, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", base + path);
    for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); };
    request.onerror = () => reject(new ApiError(0, "offline"));
    request.onload = () => {
      try { resolve(read(request.status, request.responseText)); } catch (error) { reject(error); }
    };
    request.send(form);
  });
}

function read(status, text) {
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { /* a proxy's page */ }
  if (status >= 200 && status < 300) return data;
  throw new ApiError(status, data?.error?.code ?? "other");
}

/** Follow the events from an id on, through any number of reconnections. */
export function follow(lastId, handlers, onState) {
  let source = null;
  let last = lastId;
  let delay = 1000;
  const open = () => {
    source = new EventSource(`${base}events?after=${last}`);
    source.onopen = () => { delay = 1000; onState(true); };
    source.onerror = () => {
      onState(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // The browser has given up (an error answer): we go on, more and more slowly.
      setTimeout(open, delay);
      delay = Math.min(delay * 2, 30000);
    };
    for (const [kind, handler] of Object.entries(handlers)) {
      source.addEventListener(kind, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        handler(JSON.parse(event.data));
      });
    }
  };
  open();
  return () => source.close();
}
