// The chat page: which chat and topic is open, its messages, and what arrives.

import { call, follow } from "./api.js";
import { bubble, day, summary } from "./bubbles.js";
import { composer } from "./composer.js";
import { ask, byId, closeSheet, el, openSheet, toast } from "./dom.js";
import { listenToFrame } from "./embedding.js";
import { browserLanguage, errorText, language, setLanguage, t } from "./strings.js";

const NEAR_END = 80;
const TYPING_MS = 6000;

const state = {
  me: null, chats: new Map(), chatId: null, thread: undefined, // undefined: all topics
  shown: new Map(), oldest: null, arrived: 0, waiting: new Map(),
};
const chat = () => state.chats.get(state.chatId);
const list = byId("messages");
const scroller = byId("scroller");
let typingTimer = 0;
let lastTop = 0; // where the messages were scrolled to
let listed = 0; // counts openings, so that a slow answer for an older one is dropped

const write = composer({
  chat, me: () => state.me, thread: () => state.thread, sending,
});

const act = {
  press, more, jump, command: (text) => write.say(text), openTopic: (id) => openChat(state.chatId, id),
  grown: () => { if (state.pinned) toEnd(); },
};

// ---- opening ----

async function begin() {
  setLanguage(browserLanguage());
  try {
    state.me = await call("GET", "me");
  } catch (error) {
    if (error.status === 401) { ended(); return; }
    status(t("connecting"));
    setTimeout(begin, 3000);
    return;
  }
  setLanguage(state.me.account.language);
  document.title = state.me.bot.name;
  state.chats = new Map(state.me.chats.map((one) => [one.id, one]));
  renderChats();
  const wanted = Number(location.hash.slice(1));
  const first = state.chats.has(wanted) ? wanted : (state.me.chats.find((one) => one.type === "supergroup") ?? state.me.chats[0]).id;
  await openChat(first);
  follow(state.me.last_event_id, {
    message: ({ chat_id, message }) => received(chat_id, message),
    edited: ({ chat_id, message }) => edited(chat_id, message),
    deleted: ({ chat_id, message_id }) => deleted(chat_id, message_id),
    chat: ({ chat: one }) => changed(one),
    callback_answer: answered, typing, reset: () => location.reload(), signed_out: ended,
  }, connection);
}

function ended() {
  setLanguage(language());
  document.body.className = "card-page";
  document.body.replaceChildren(el("main", { class: "card" }, el("p", {}, t("signedOut"))));
}

function connection(online) {
  byId("offline").hidden = online;
  byId("offline").textContent = t("offline");
}

async function openChat(id, thread) {
  state.chatId = id;
  const one = chat();
  state.thread = one.is_forum ? thread : undefined;
  byId("app").dataset.view = "chat";
  history.replaceState(null, "", `#${id}`);
  write.reset();
  renderHeader();
  renderFooter();
  renderChats();
  await load();
}

async function load() {
  const mine = ++listed;
  const page = await call("GET", `chats/${state.chatId}/messages?limit=50${threadQuery()}`);
  if (mine !== listed) return;
  state.shown.clear();
  list.replaceChildren();
  state.arrived = 0;
  const unread = unreadHere();
  const firstNew = unread > 0 ? page.messages.filter((message) => !message.mine).slice(-unread)[0] : null;
  for (const message of page.messages) {
    if (message === firstNew && page.messages[0] !== firstNew) list.append(el("li", { class: "day new" }, t("newMessages")));
    append(message);
  }
  state.oldest = page.messages[0]?.message_id ?? null;
  byId("older").hidden = !page.more;
  toEnd();
  markRead();
}

const threadQuery = () => (state.thread === undefined ? "" : `&thread=${state.thread}`);

function unreadHere() {
  const one = chat();
  if (state.thread === undefined) return one.unread;
  if (state.thread === 0) return one.general_unread;
  return one.topics.find((topic) => topic.id === state.thread)?.unread ?? 0;
}

async function loadOlder() {
  const page = await call("GET", `chats/${state.chatId}/messages?limit=50&before=${state.oldest}${threadQuery()}`);
  const height = scroller.scrollHeight;
  const later = [...list.childNodes];
  list.replaceChildren();
  for (const message of page.messages) append(message);
  list.append(...later);
  state.oldest = page.messages[0]?.message_id ?? state.oldest;
  byId("older").hidden = !page.more;
  scroller.scrollTop += scroller.scrollHeight - height;
}

// ---- messages ----

const visible = (message) => state.thread === undefined || (message.message_thread_id ?? 0) === state.thread;

function article(message) {
  const one = chat();
  const topic = state.thread === undefined && message.message_thread_id
    ? one.topics.find((each) => each.id === message.message_thread_id) : null;
  return bubble(message, { act, topic, group: one.type === "supergroup" });
}

function append(message) {
  if (state.shown.has(message.message_id)) { replace(message); return; }
  const last = list.querySelector(":scope > li:last-of-type:not(.pending)");
  const label = day(message.date);
  const previous = [...list.querySelectorAll("li.day[data-day]")].pop();
  if (previous?.dataset.day !== label) list.append(el("li", { class: "day", data: { day: label } }, label));
  const node = article(message);
  state.shown.set(message.message_id, { message, node });
  if (message.media_group_id && last?.dataset.album === message.media_group_id) {
    last.append(node);
    return;
  }
  const side = node.classList.contains("mine") ? "right" : node.classList.contains("service") ? "middle" : "left";
  const item = el("li", { class: `message ${side}`, data: message.media_group_id ? { album: message.media_group_id } : {} }, node);
  const pending = list.querySelector(":scope > li.pending");
  if (pending) list.insertBefore(item, pending);
  else list.append(item);
}

function replace(message) {
  const entry = state.shown.get(message.message_id);
  if (!entry) return;
  const node = article(message);
  entry.node.replaceWith(node);
  state.shown.set(message.message_id, { message, node });
}

function received(chatId, message) {
  const one = state.chats.get(chatId);
  if (!one) return;
  one.last_message = message;
  const here = chatId === state.chatId && visible(message);
  if (here) {
    const pinned = state.pinned;
    const known = state.shown.has(message.message_id);
    append(message);
    if (!message.mine) status("");
    if (pinned || message.mine) toEnd();
    else if (!known) { state.arrived += 1; renderToEnd(); }
  }
  if (!message.mine) {
    one.unread += 1;
    const topic = one.topics.find((each) => each.id === message.message_thread_id);
    if (topic) topic.unread += 1;
    else one.general_unread += 1;
    if (here) markRead();
  }
  renderChats();
  renderTopics();
}

function edited(chatId, message) {
  const one = state.chats.get(chatId);
  if (one?.last_message?.message_id === message.message_id) { one.last_message = message; renderChats(); }
  if (chatId !== state.chatId) return;
  const pinned = state.pinned;
  replace(message);
  if (pinned) toEnd();
}

function deleted(chatId, messageId) {
  if (chatId !== state.chatId) return;
  const entry = state.shown.get(messageId);
  if (!entry) return;
  const item = entry.node.parentNode;
  entry.node.remove();
  if (item && item.childElementCount === 0) item.remove();
  state.shown.delete(messageId);
}

/** Show something on its way; a failed one can be tried again. */
function sending(text, run) {
  const progress = el("progress", { max: 1, hidden: true });
  const note = el("small", {}, t("sending"));
  const node = el("article", { class: "bubble mine waiting" }, el("div", { class: "text" }, text), progress, note);
  const item = el("li", { class: "message right pending" }, node);
  list.append(item);
  toEnd();
  const attempt = async () => {
    node.onclick = null;
    node.classList.remove("failed");
    note.textContent = t("sending");
    try {
      const sent = await run((part) => { progress.hidden = false; progress.value = part; });
      item.remove();
      const here = sent[0]?.chat_id === state.chatId;
      for (const message of sent) if (here && visible(message)) append(message);
      toEnd();
    } catch (error) {
      if (error.status === 401) { ended(); return; }
      if (error.status >= 400 && error.status !== 429 && error.status < 500) {
        item.remove();
        toast(errorText(error.code));
        return;
      }
      node.classList.add("failed");
      note.textContent = error.code === "rate_limited" ? errorText(error.code) : t("failed");
      node.onclick = attempt;
    }
  };
  attempt();
}

// ---- actions ----

async function press(message, row, column, button) {
  button.disabled = true;
  try {
    const answer = await call("POST", `chats/${message.chat_id}/messages/${message.message_id}/press`, { row, column, label: message.reply_markup.inline_keyboard[row][column].text });
    if (answer.url) { button.disabled = false; await openLink(answer.url); return; }
    state.waiting.set(answer.callback_query_id, button);
    // A bot that never answers must not leave the button dead.
    setTimeout(() => { button.disabled = false; }, 3000);
  } catch (error) {
    button.disabled = false;
    toast(errorText(error.code));
  }
}

async function openLink(url) {
  if (!/^(https?:|tel:|mailto:)/i.test(url)) return;
  if (await ask(t("openLink", { url }), t("yes"), t("cancel"))) window.open(url, "_blank", "noopener,noreferrer");
}

function answered({ callback_query_id: id, text, show_alert: alert, url }) {
  const button = state.waiting.get(id);
  if (button) { button.disabled = false; state.waiting.delete(id); }
  if (url) openLink(url);
  if (!text) return;
  if (alert) openSheet(el("p", { class: "sheet-text" }, text), el("button", { type: "button", class: "start", onclick: closeSheet }, t("yes")));
  else toast(text);
}

function more(message) {
  const item = (label, run) => el("button", { type: "button", class: "sheet-item", onclick: () => { closeSheet(); run(); } }, t(label));
  const text = message.text ?? message.caption;
  const editable = message.mine && (text !== undefined || message.photo || message.document) && !message.forward_origin;
  openSheet(
    item("reply", () => write.reply(message)),
    text ? item("copy", async () => { await navigator.clipboard?.writeText(text); toast(t("copied")); }) : null,
    editable ? item("edit", () => write.edit(message)) : null,
    message.mine || chat().type === "private" ? item("remove", () => remove(message)) : null,
  );
}

async function remove(message) {
  if (!(await ask(t("removeAsk"), t("yes"), t("cancel")))) return;
  try {
    await call("DELETE", `chats/${message.chat_id}/messages/${message.message_id}`);
    deleted(message.chat_id, message.message_id);
  } catch (error) {
    toast(errorText(error.code));
  }
}

function jump(messageId) {
  const node = state.shown.get(messageId)?.node;
  if (!node) return;
  node.scrollIntoView({ block: "center" });
  node.classList.add("flash");
  setTimeout(() => node.classList.remove("flash"), 1500);
}

function typing({ chat_id: chatId, thread_id: thread, action }) {
  if (chatId !== state.chatId || (state.thread !== undefined && thread !== state.thread)) return;
  status(t({ upload_photo: "typingPhoto", upload_document: "typingFile" }[action] ?? "typing"));
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => status(""), TYPING_MS);
}

// ---- frames ----

const status = (text) => { byId("status").textContent = text; };

function changed(one) {
  const before = state.chats.get(one.id);
  state.chats.set(one.id, one);
  renderChats();
  if (one.id !== state.chatId) return;
  if (JSON.stringify(before?.reply_keyboard) !== JSON.stringify(one.reply_keyboard)) write.show();
  renderHeader();
  renderFooter();
}

function renderHeader() {
  const one = chat();
  byId("title").textContent = one.title;
  byId("avatar").textContent = one.type === "private" ? "社" : [...one.title][0];
  byId("back").hidden = state.chats.size < 2;
  byId("sidebar").hidden = state.chats.size < 2;
  byId("app").classList.toggle("single", state.chats.size < 2);
  renderTopics();
}

function renderTopics() {
  const one = chat();
  const bar = byId("topics");
  bar.hidden = !one?.is_forum || one.topics.length === 0;
  if (bar.hidden) return;
  const tab = (id, name, unread) => el("button", {
    type: "button", role: "tab", class: "topic", "aria-selected": String(state.thread === id),
    onclick: () => openChat(state.chatId, id),
  }, name, unread ? el("span", { class: "badge" }, String(unread)) : null);
  const open = [...one.topics].reverse().sort((a, b) => a.closed - b.closed);
  bar.replaceChildren(tab(undefined, t("all"), 0), tab(0, t("general"), one.general_unread),
    ...open.map((topic) => tab(topic.id, topic.name + (topic.closed ? t("closed") : ""), topic.unread)));
}

function renderFooter() {
  const one = chat();
  const start = byId("start");
  const waits = one.type === "private" && (!one.started || one.start_pending || one.blocked);
  const closed = one.topics.find((topic) => topic.id === state.thread)?.closed;
  start.hidden = !waits && !closed;
  start.disabled = Boolean(closed);
  start.textContent = closed ? t("topicIsClosed") : one.blocked ? t("restart") : t("start");
  byId("composer").hidden = waits || Boolean(closed);
  write.keyboard();
}

function renderChats() {
  const total = [...state.chats.values()].reduce((sum, one) => sum + one.unread, 0);
  document.title = (total ? `(${total}) ` : "") + state.me.bot.name;
  const sorted = [...state.chats.values()].sort((a, b) => (b.last_message?.date ?? 0) - (a.last_message?.date ?? 0));
  byId("chat-list").replaceChildren(...sorted.map((one) => el("li", {},
    el("button", { type: "button", class: "chat-item", "aria-current": String(one.id === state.chatId), onclick: () => openChat(one.id) },
      el("span", { class: "avatar", "aria-hidden": "true" }, one.type === "private" ? "社" : [...one.title][0]),
      el("span", { class: "chat-lines" }, el("b", {}, one.title), el("small", {}, one.last_message ? summary(one.last_message) : "")),
      one.unread ? el("span", { class: "badge" }, String(one.unread)) : null))));
}

const nearEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  state.pinned = true;
  state.arrived = 0;
  renderToEnd();
}

function renderToEnd() {
  byId("to-end").hidden = nearEnd();
  byId("to-end-count").textContent = state.arrived ? String(state.arrived) : "";
}

async function markRead() {
  if (document.hidden || !nearEnd()) return;
  const one = chat();
  const threads = state.thread === undefined ? [0, ...one.topics.map((topic) => topic.id)] : [state.thread];
  for (const thread of threads) {
    const topic = one.topics.find((each) => each.id === thread);
    if (!(topic ? topic.unread : one.general_unread)) continue;
    const newest = Math.max(0, ...[...state.shown.values()]
      .filter(({ message }) => (message.message_thread_id ?? 0) === thread).map(({ message }) => message.message_id));
    if (!newest) continue;
    one.unread -= topic ? topic.unread : one.general_unread;
    if (topic) topic.unread = 0;
    else one.general_unread = 0;
    call("POST", `chats/${one.id}/read`, { message_id: newest, thread }).catch(() => {});
  }
  renderChats();
  renderTopics();
}

function openMenu() {
  const item = (label, run) => el("button", { type: "button", class: "sheet-item", onclick: () => { closeSheet(); run(); } }, t(label));
  const commands = state.me.commands.map((one) => el("button", {
    type: "button", class: "sheet-item", onclick: () => { closeSheet(); write.say(`/${one.command}`); },
  }, el("b", {}, `/${one.command}`), ` ${one.description}`));
  openSheet(...(byId("composer").hidden || chat().type !== "private" ? [] : commands),
    item("language", switchLanguage), item("device", deviceLink),
    chat().type === "private" && !chat().blocked ? item("block", block) : null, item("signOut", signOut));
}

async function switchLanguage() {
  const code = language() === "zh" ? "en" : "zh";
  await call("PATCH", "me", { language: code });
  state.me.account.language = code;
  setLanguage(code);
  renderHeader();
  renderFooter();
  await load();
}

async function deviceLink() {
  const { link, qr } = await call("POST", "device-link", {});
  const url = URL.createObjectURL(new Blob([qr], { type: "image/svg+xml" }));
  const sheet = openSheet(el("p", { class: "sheet-text" }, t("deviceText")),
    el("img", { class: "qr", src: url, alt: "QR" }), el("p", { class: "link" }, link),
    el("button", { type: "button", class: "start", onclick: async () => { await navigator.clipboard?.writeText(link); toast(t("copied")); } }, t("copyLink")));
  sheet.addEventListener("close", () => URL.revokeObjectURL(url), { once: true });
}

async function block() {
  if (await ask(t("blockAsk"), t("yes"), t("cancel"))) await call("POST", `chats/${state.chatId}/block`, { blocked: true });
}

async function signOut() {
  if (!(await ask(t("signOutAsk"), t("yes"), t("cancel")))) return;
  await call("POST", "sign-out", {});
  ended();
}

// ---- wiring ----

byId("menu-button").addEventListener("click", openMenu);
byId("back").addEventListener("click", () => { byId("app").dataset.view = "list"; });
byId("older").addEventListener("click", loadOlder);
byId("to-end").addEventListener("click", () => { toEnd(); markRead(); });
byId("viewer-close").addEventListener("click", () => byId("viewer").close());
byId("start").addEventListener("click", async () => {
  const id = state.chatId;
  byId("start").disabled = true;
  try {
    const { message } = await call("POST", `chats/${id}/start`, {});
    Object.assign(state.chats.get(id), { started: true, start_pending: false, blocked: false });
    if (id === state.chatId) append(message);
  } catch (error) {
    toast(errorText(error.code));
  }
  byId("start").disabled = false;
  renderFooter();
  toEnd();
});
scroller.addEventListener("scroll", () => {
  // A picture that grows puts the end out of sight too: only who scrolls up wants to leave it.
  if (nearEnd()) state.pinned = true;
  else if (scroller.scrollTop < lastTop) state.pinned = false;
  lastTop = scroller.scrollTop;
  if (nearEnd()) { state.arrived = 0; markRead(); }
  renderToEnd();
}, { passive: true });
document.addEventListener("visibilitychange", markRead);
listenToFrame((file) => state.me !== null && write.offer(file));
new ResizeObserver(() => { if (state.pinned) toEnd(); }).observe(scroller);

begin();
