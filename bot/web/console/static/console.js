// Small helps; every page works without them but signing in and live pages.
"use strict";

// The sign-in link's code stands behind `#`: only the button sends it.
const signIn = document.querySelector("[data-sign-in]");
if (signIn) {
  const code = location.hash.slice(1);
  if (code) {
    signIn.elements.code.value = code;
    history.replaceState(null, "", location.pathname);
    for (const part of signIn.querySelectorAll("[data-with-code]")) part.hidden = false;
    for (const part of signIn.querySelectorAll("[data-without-code]")) part.hidden = true;
    signIn.querySelector("button").focus();
  }
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "1";
  setTimeout(() => delete event.target.dataset.sent, 4000);
});

// `data-live` names a stream: at each piece of news the parts marked `data-part` are fetched again.
const live = document.querySelector("[data-live]");
if (live) {
  const news = new EventSource(live.dataset.live);
  let running = Promise.resolve();
  news.addEventListener("changed", () => {
    running = running.then(refresh, refresh);
  });
  news.addEventListener("over", () => {
    news.close();
    location.reload();
  });
  window.addEventListener("pagehide", () => news.close());
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const found = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    // What somebody is writing in is left alone.
    if (!found || part.contains(document.activeElement) || part.innerHTML === found.innerHTML) continue;
    part.replaceWith(document.importNode(found, true));
  }
}

// A ready sentence goes into the text field, where it can still be changed.
document.addEventListener("change", (event) => {
  const field = document.getElementById(event.target.dataset.fills ?? "");
  if (field && event.target.value) {
    field.value = event.target.value;
    field.focus();
  }
});
