// One message as nodes: its words, files, buttons and marks.

import { base } from "./api.js";
import { byId, el } from "./dom.js";
import { rich } from "./entities.js";
import { language, t } from "./strings.js";

const fileUrl = (id) => `${base}files/${encodeURIComponent(id)}`;
const INLINE = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/** A message's words. The code of an invitation says nothing to people. */
const plain = (message) => (message.mine && /^\/start \S+$/.test(message.text ?? "") ? "/start" : message.text ?? message.caption);

/** A short line of a message, for lists and replies. */
export function summary(message) {
  if (message.text) return plain(message);
  if (message.caption) return message.caption;
  for (const kind of ["photo", "document", "voice", "sticker", "location"]) {
    if (message[kind]) return `[${message[kind].file_name ?? t(kind)}]`;
  }
  if (message.contact) return `[${t("card")}]`;
  return service(message) ?? t("unsupported");
}

/** The text of a service message, or null. */
export function service(message) {
  if (message.new_chat_members) {
    return t("joined", { name: message.new_chat_members.map((user) => user.first_name).join("、") });
  }
  if (message.left_chat_member) return t("left", { name: message.left_chat_member.first_name });
  if (message.forum_topic_created) return t("topicCreated", { name: message.forum_topic_created.name });
  if (message.forum_topic_edited) return t("topicEdited", { name: message.forum_topic_edited.name });
  if (message.forum_topic_closed) return t("topicClosed");
  if (message.forum_topic_reopened) return t("topicReopened");
  return null;
}

/** The clock time of a message. */
const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString(language() === "en" ? "en-GB" : "zh-CN", { hour: "2-digit", minute: "2-digit" });

/** The day of a message, for separators. */
export function day(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return date.toLocaleDateString(language() === "en" ? "en-GB" : "zh-CN", { year: "numeric", month: "long", day: "numeric" });
}

/** The article of a message. `act` holds what its parts can do; `topic` labels it, if given. */
export function bubble(message, { act, topic, group }) {
  const note = service(message);
  if (note !== null) return el("article", { class: "service", data: { id: message.message_id } }, note);
  const article = el("article", {
    class: `bubble ${message.mine ? "mine" : "theirs"}`,
    data: { id: message.message_id },
  });
  if (group && !message.mine) article.append(el("p", { class: "sender" }, message.from.name));
  if (topic) {
    article.append(el("button", { type: "button", class: "topic-label", onclick: () => act.openTopic(topic.id) }, `# ${topic.name}`));
  }
  if (message.forward_origin) {
    const origin = message.forward_origin;
    const name = origin.sender_user?.first_name ?? origin.sender_user_name ?? "";
    article.append(el("p", { class: "forwarded" }, t("forwarded", { name })));
  }
  if (message.reply_to_message) article.append(quote(message.reply_to_message, act));
  article.append(...content(message, act));
  article.append(foot(message, act));
  if (message.reply_markup?.inline_keyboard?.length) article.append(buttons(message, act));
  return article;
}

function quote(original, act) {
  return el("button", { type: "button", class: "quote", onclick: () => act.jump(original.message_id) },
    el("b", {}, original.from.name), el("span", {}, original.text || "…"));
}

function foot(message, act) {
  const time = el("time", { dateTime: new Date(message.date * 1000).toISOString() }, clock(message.date));
  return el("footer", { class: "foot" },
    message.edit_date ? el("span", {}, t("edited")) : null, time,
    el("button", { type: "button", class: "more", title: t("more"), "aria-label": t("more"), onclick: () => act.more(message) }, "⋯"));
}

function content(message, act) {
  const parts = [];
  if (message.photo) parts.push(photo(message, act));
  if (message.document) parts.push(...documentParts(message, act));
  if (message.voice) parts.push(el("audio", { controls: true, preload: "none", src: fileUrl(message.voice.file_id) }));
  if (message.sticker) parts.push(el("p", { class: "sticker" }, message.sticker.emoji ?? "🙂"));
  if (message.contact) {
    parts.push(el("p", { class: "contact" }, el("b", {}, message.contact.first_name), el("br"), message.contact.phone_number));
  }
  if (message.location) {
    parts.push(el("p", {}, t("openMap", { lat: message.location.latitude, lon: message.location.longitude })));
  }
  const text = plain(message);
  if (text) {
    const entities = message.entities ?? message.caption_entities;
    parts.push(el("div", { class: "text" }, rich(text, entities, act.command)));
  }
  if (parts.length === 0) parts.push(el("p", { class: "muted" }, t("unsupported")));
  return parts;
}

function photo(message, act) {
  const sizes = message.photo;
  const shown = sizes.find((size) => Math.max(size.width, size.height) >= 600) ?? sizes[sizes.length - 1];
  const image = el("img", { src: fileUrl(shown.file_id), alt: message.caption || t("photo"), loading: "lazy", width: shown.width, height: shown.height });
  image.addEventListener("load", act.grown);
  return el("button", { type: "button", class: "photo", "aria-label": t("photo"), onclick: () => view(sizes[sizes.length - 1].file_id) }, image);
}

function documentParts(message, act) {
  const file = message.document;
  const parts = [];
  if (INLINE.has(file.mime_type) && file.file_size < 12e6) {
    const image = el("img", { src: fileUrl(file.file_id), alt: file.file_name, loading: "lazy" });
    image.addEventListener("load", act.grown);
    parts.push(el("button", { type: "button", class: "photo", "aria-label": file.file_name, onclick: () => view(file.file_id) }, image));
  }
  parts.push(el("a", { class: "file", href: `${fileUrl(file.file_id)}?download=1`, download: file.file_name },
    el("span", { class: "file-icon", "aria-hidden": "true" }, extension(file.file_name)),
    el("span", {}, el("b", {}, file.file_name), el("small", {}, size(file.file_size)))));
  return parts;
}

const extension = (name) => (name.includes(".") ? name.split(".").pop().slice(0, 4).toUpperCase() : "FILE");

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1048576) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1048576).toFixed(1)} MB`;
}

function buttons(message, act) {
  const rows = message.reply_markup.inline_keyboard.map((row, number) =>
    el("div", { class: "button-row" }, ...row.map((button, column) =>
      el("button", {
        type: "button",
        class: `inline-button ${button.style ?? ""}`,
        onclick: (event) => act.press(message, number, column, event.currentTarget),
      }, button.text, button.url ? el("span", { class: "out", "aria-hidden": "true" }, " ↗") : null))));
  return el("div", { class: "buttons", role: "group" }, ...rows);
}

/** Show a picture large. */
export function view(fileId) {
  const dialog = byId("viewer");
  byId("viewer-image").src = fileUrl(fileId);
  dialog.onclick = () => dialog.close();
  dialog.onclose = () => byId("viewer-image").removeAttribute("src");
  dialog.showModal();
}
