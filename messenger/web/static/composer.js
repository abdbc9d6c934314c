// Writing: the text field, files with their preview, the reply keyboard, replying and editing.

import { call, upload } from "./api.js";
import { ask, byId, closeSheet, el, openSheet, toast } from "./dom.js";
import { errorText, t } from "./strings.js";

const MAX_FILES = 10;

/** Wire the composer. `room` tells where we are and shows what is on its way. */
export function composer(room) {
  const input = byId("input");
  let context = null; // {kind: "reply"|"edit", message}
  let keyboardShown = true;
  let chosen = []; // the files in the open preview

  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, 140)}px`;
    input.style.overflowY = input.scrollHeight > 140 ? "auto" : "hidden";
  };

  const setContext = (next) => {
    context = next;
    byId("context").hidden = next === null;
    if (next === null) return;
    byId("context-text").textContent = next.kind === "edit"
      ? t("editing") : `${t("replyTo", { name: next.message.from.name })}: ${next.message.text ?? next.message.caption ?? ""}`;
    if (next.kind === "edit") input.value = next.message.text ?? next.message.caption ?? "";
    grow();
    input.focus();
  };

  const submit = async () => {
    const text = input.value.trim();
    if (!text) return;
    const given = context;
    input.value = "";
    setContext(null);
    grow();
    if (given?.kind === "edit") {
      try {
        await call("PATCH", `chats/${room.chat().id}/messages/${given.message.message_id}`, { text });
      } catch (error) {
        input.value = text;
        toast(errorText(error.code));
      }
      return;
    }
    say(text, given?.message.message_id ?? null);
  };

  const say = (text, replyTo = null) => {
    const body = { text, thread: room.thread() ?? 0, reply_to: replyTo, client_key: key() };
    const chat = room.chat().id;
    room.sending(text, async () => [(await call("POST", `chats/${chat}/messages`, body)).message]);
  };

  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  input.addEventListener("input", grow);
  input.addEventListener("keydown", (event) => {
    // isComposing: Enter chooses a word in a Chinese input method.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
    if (event.key === "Escape") { if (context?.kind === "edit") input.value = ""; setContext(null); }
  });
  byId("context-cancel").addEventListener("click", () => {
    if (context?.kind === "edit") input.value = "";
    setContext(null);
    grow();
  });

  const pick = (id, asFile) => {
    const field = byId(id);
    field.value = "";
    field.onchange = () => preview([...field.files], asFile);
    closeSheet();
    field.click();
  };

  byId("attach").addEventListener("click", () => {
    const item = (label, run) => el("button", { type: "button", class: "sheet-item", onclick: run }, t(label));
    openSheet(
      item("camera", () => pick("pick-camera", false)),
      item("photos", () => pick("pick-photos", false)),
      item("files", () => pick("pick-files", true)),
      room.chat().type === "private" ? item("contact", shareContact) : null,
    );
  });

  const preview = (files, asFile, said = "") => {
    if (files.length === 0) return;
    if (files.length > MAX_FILES) { toast(errorText("too_many_files")); return; }
    chosen = files;
    const images = files.every((file) => file.type.startsWith("image/"));
    const thumbs = files.map((file) => (file.type.startsWith("image/")
      ? el("img", { src: URL.createObjectURL(file), alt: file.name })
      : el("p", { class: "file-name" }, file.name)));
    const caption = el("input", { type: "text", maxLength: 1024, value: said, id: "caption", placeholder: t("caption"), "aria-label": t("caption") });
    const original = el("input", { type: "checkbox", checked: asFile || !images });
    const sheet = openSheet(
      el("div", { class: "thumbs" }, ...thumbs),
      caption,
      images ? el("label", { class: "check" }, original, t("asFile")) : null,
      el("div", { class: "sheet-row" },
        el("button", { type: "button", class: "plain", onclick: closeSheet }, t("cancel")),
        el("button", { type: "button", class: "start", id: "send-files", onclick: () => {
          const kind = original.checked ? "document" : "photo";
          closeSheet();
          sendFiles(files, kind, caption.value);
        } }, t("sendCount", { n: files.length }))),
    );
    sheet.addEventListener("close", () => {
      chosen = [];
      for (const thumb of thumbs) if (thumb.src) URL.revokeObjectURL(thumb.src);
    }, { once: true });
  };

  const sendFiles = (files, kind, caption) => {
    const once = key();
    const chat = room.chat().id;
    const thread = room.thread() ?? 0;
    const names = files.map((file) => file.name).join("、");
    room.sending(names, async (onProgress) => {
      const form = new FormData();
      for (const [name, value] of Object.entries({ kind, caption, thread, client_key: once })) form.append(name, value);
      for (const file of files) form.append("file", file, file.name);
      return (await upload(`chats/${chat}/files`, form, onProgress)).messages;
    });
  };

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0 && !byId("composer").hidden) { event.preventDefault(); preview(files, false); }
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!byId("composer").hidden) preview([...(event.dataTransfer?.files ?? [])], false);
  });

  /** A file handed in from outside joins those in the open preview. False when nothing can be sent now. */
  const offer = (file) => {
    if (byId("composer").hidden) return false;
    const open = byId("sheet").open && byId("send-files") !== null;
    preview([...(open ? chosen : []), file], false, open ? byId("caption").value : "");
    return true;
  };

  const shareContact = async () => {
    closeSheet();
    if (!room.me().account.phone) { toast(t("noPhone")); return; }
    const question = t("contactAsk", { phone: room.me().account.phone, name: room.me().bot.name });
    if (!(await ask(question, t("yes"), t("cancel")))) return;
    const chat = room.chat().id;
    room.sending(t("card"), async () => [(await call("POST", `chats/${chat}/contact`, {})).message]);
  };

  const shareLocation = () => {
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => call("POST", `chats/${room.chat().id}/location`, { latitude: coords.latitude, longitude: coords.longitude }),
      () => toast(errorText("other")),
    );
  };

  byId("keys").addEventListener("click", () => { keyboardShown = !keyboardShown; keyboard(); });

  /** Show the chat's reply keyboard. */
  const keyboard = () => {
    const markup = room.chat()?.reply_keyboard;
    const node = byId("keyboard");
    const usable = markup && !byId("composer").hidden;
    byId("keys").hidden = !usable;
    byId("keys").setAttribute("aria-expanded", String(keyboardShown));
    node.hidden = !usable || !keyboardShown;
    input.placeholder = (usable && markup.input_field_placeholder) || t("write");
    if (!usable) { node.replaceChildren(); return; }
    const press = (button) => {
      if (button.request_contact) shareContact();
      else if (button.request_location) shareLocation();
      else say(button.text);
      if (markup.one_time_keyboard) { keyboardShown = false; keyboard(); }
    };
    node.replaceChildren(...markup.keyboard.map((row) => el("div", { class: "button-row" },
      ...row.map((button) => el("button", { type: "button", class: "key", onclick: () => press(button) }, button.text)))));
  };

  return { say, keyboard, offer, show: () => { keyboardShown = true; keyboard(); }, reply: (message) => setContext({ kind: "reply", message }), edit: (message) => setContext({ kind: "edit", message }), reset: () => setContext(null) };
}

/** A key by which a repeated request is known. */
const key = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
