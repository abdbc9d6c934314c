// The page behind an invite link. The code is in the fragment, which browsers never send.

import { byId } from "./dom.js";
import { browserLanguage, errorText, setLanguage, t } from "./strings.js";

setLanguage(browserLanguage());
byId("heading").textContent = t("joinHeading");

const code = location.hash.slice(1);
// A link that this browser has used leads back to its chat.
const known = code && localStorage.getItem(`joined:${await digest(code)}`);

if (known) location.replace(`/c/${known}/`);
else if (!code) complain(t("noInvite"));
else offer();

function offer() {
  byId("text").textContent = t("joinText");
  const button = byId("enter");
  button.textContent = t("enter");
  button.hidden = false;
  button.addEventListener("click", enter);
  button.focus();
}

async function enter() {
  const button = byId("enter");
  button.disabled = true;
  button.textContent = t("entering");
  try {
    const answer = await fetch("/api/sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Messenger-Request": "1" },
      body: JSON.stringify({ code }),
    });
    const data = await answer.json();
    if (answer.ok) {
      localStorage.setItem(`joined:${await digest(code)}`, data.slug);
      location.replace(data.path);
      return;
    }
    if (data.error.code === "invite_invalid") {
      button.hidden = true;
      complain(t("inviteInvalid"));
      return;
    }
    complain(errorText(data.error.code));
  } catch {
    complain(errorText("offline"));
  }
  button.disabled = false;
  button.textContent = t("enter");
}

function complain(text) {
  const problem = byId("problem");
  problem.textContent = text;
  problem.hidden = false;
}

/** A name for the code that doesn't reveal it. */
async function digest(text) {
  // Without a secure context (plain http on a local network) there is no crypto.subtle.
  if (!crypto.subtle) {
    let hash = 0;
    for (const character of text) hash = (Math.imul(hash, 31) + character.codePointAt(0)) | 0;
    return `plain${hash}`;
  }
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
