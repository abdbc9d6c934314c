// Every word that the pages say, Chinese first.

const ZH = {
  chats: "聊天", back: "返回", menu: "菜单", messages: "消息", older: "查看更早的消息",
  toEnd: "回到最新消息", cancel: "取消", close: "关闭", attach: "发送照片、文件或手机号",
  write: "输入消息…", writeTo: "发到“{name}”…", keyboard: "快捷按钮", send: "发送", start: "开始",
  restart: "重新启用", connecting: "正在连接…", offline: "网络断开，恢复后会自动重连。",
  typing: "正在输入…", typingPhoto: "正在发送照片…", typingFile: "正在准备文件…",
  all: "全部", general: "综合", closed: "（已结束）", today: "今天", yesterday: "昨天",
  edited: "已编辑", deleted: "消息已删除", newMessages: "以下是新消息", more: "更多操作",
  reply: "回复", replyTo: "回复 {name}", edit: "修改", editing: "正在修改消息", copy: "复制文字",
  copied: "已复制", remove: "删除", removeAsk: "删除这条消息？对方也将看不到它。", yes: "确定",
  camera: "拍照", photos: "从相册选照片", files: "发送文件（原图、PDF 等）",
  contact: "发送我的手机号", contactAsk: "把您登记的手机号 {phone} 发送给{name}？",
  noPhone: "您的账号没有登记手机号，请联系 HR 重新发送邀请链接。",
  caption: "添加说明（可不填）", asFile: "以原图发送（不压缩）", sendCount: "发送 {n} 个",
  sending: "发送中…", failed: "没有发出去，点这里重试", photo: "照片", document: "文件", voice: "语音",
  sticker: "表情", location: "位置", card: "名片", download: "下载", openMap: "位置 {lat}, {lon}",
  language: "English", device: "在另一台设备上登录",
  deviceText: "用另一台设备扫描二维码，或打开链接。链接 10 分钟内有效，只能用一次，请不要转发给别人。",
  copyLink: "复制链接", block: "停用机器人", blockAsk: "停用后收不到办理进度，确定停用？",
  blocked: "您已停用机器人。", signOut: "退出登录",
  signOutAsk: "退出后需要新的邀请链接才能再次登录，确定退出？",
  signedOut: "您已退出登录。请使用新的邀请链接进入，或联系 HR。",
  joined: "{name} 加入了群聊", left: "{name} 离开了群聊", topicCreated: "新话题：{name}",
  topicEdited: "话题改名为：{name}", topicClosed: "话题已结束", topicReopened: "话题重新开启",
  forwarded: "转发自 {name}", unsupported: "暂不支持显示的消息", album: "相册",
  topicIsClosed: "这个话题已结束，不能再发消息。", openLink: "打开链接 {url} ？", commands: "指令",
  joinHeading: "欢迎使用社保小助手",
  joinText: "这是发给您本人的登录链接，只能用一次。点下面的按钮进入聊天，请不要转发给别人。",
  enter: "进入聊天", entering: "正在进入…",
  inviteInvalid: "这个链接已经用过或已过期。请联系 HR 重新发送邀请链接。",
  noInvite: "链接不完整。请完整复制 HR 发给您的邀请链接再打开。",
  welcomeText: "请打开 HR 发给您的邀请链接进入聊天。",
  errors: {
    rate_limited: "操作太快了，请稍等一会儿再试。", too_large: "文件太大了，请压缩后再发。",
    not_a_picture: "这张图片打不开，可以改用“发送文件”。", too_long: "内容太长了，请分几条发送。",
    empty_file: "文件是空的，请重新选择。", too_many_files: "一次最多发送 10 个文件。",
    button_gone: "按钮已过期，请看最新的一条消息。", message_not_found: "这条消息已经不在了。",
    topic_closed: "这个话题已结束，不能再发消息。", bot_blocked: "您已停用机器人，请先重新启用。",
    not_editable: "这条消息不能修改。", offline: "网络不通，请检查网络后再试。",
    other: "没有成功，请稍后再试。",
  },
};

const EN = {
  chats: "Chats", back: "Back", menu: "Menu", messages: "Messages", older: "Earlier messages",
  toEnd: "Go to the newest message", cancel: "Cancel", close: "Close",
  attach: "Send photos, files or my number",
  write: "Message…", writeTo: "Message to “{name}”…", keyboard: "Quick buttons", send: "Send", start: "Start",
  restart: "Restart", connecting: "Connecting…", offline: "No connection. We reconnect by ourselves.",
  typing: "typing…", typingPhoto: "sending a photo…", typingFile: "preparing a file…",
  all: "All", general: "General", closed: " (closed)", today: "Today", yesterday: "Yesterday",
  edited: "edited", deleted: "Message deleted", newMessages: "New messages", more: "More actions",
  reply: "Reply", replyTo: "Reply to {name}", edit: "Edit", editing: "Editing a message", copy: "Copy text",
  copied: "Copied", remove: "Delete", removeAsk: "Delete this message for everybody?", yes: "OK",
  camera: "Take a photo", photos: "Choose photos", files: "Send files (originals, PDF …)",
  contact: "Send my phone number", contactAsk: "Send your registered number {phone} to {name}?",
  noPhone: "No phone number is registered for you. Please ask HR for a new invitation.",
  caption: "Add a caption (optional)", asFile: "Send originals (uncompressed)", sendCount: "Send {n}",
  sending: "Sending…", failed: "Not sent. Press to try again", photo: "Photo", document: "File", voice: "Voice",
  sticker: "Sticker", location: "Location", card: "Contact", download: "Download", openMap: "Location {lat}, {lon}",
  language: "中文", device: "Sign in on another device",
  deviceText: "Scan the code with the other device, or open the link. It works once, within 10 minutes. Don't pass it on.",
  copyLink: "Copy link", block: "Stop the bot", blockAsk: "You won't hear of your progress any more. Stop the bot?",
  blocked: "You have stopped the bot.", signOut: "Sign out",
  signOutAsk: "You will need a new invitation to sign in again. Sign out?",
  signedOut: "You are signed out. Please use a new invitation, or ask HR.",
  joined: "{name} joined", left: "{name} left", topicCreated: "New topic: {name}",
  topicEdited: "Topic renamed: {name}", topicClosed: "Topic closed", topicReopened: "Topic reopened",
  forwarded: "Forwarded from {name}", unsupported: "This message can't be shown yet", album: "Album",
  topicIsClosed: "This topic is closed.", openLink: "Open the link {url}?", commands: "Commands",
  joinHeading: "Welcome to the social security assistant",
  joinText: "This sign-in link is for you alone and works once. Press the button to enter. Please don't pass it on.",
  enter: "Enter the chat", entering: "One moment…",
  inviteInvalid: "This link was used already or has expired. Please ask HR for a new one.",
  noInvite: "The link is incomplete. Please copy the whole invitation that HR sent you.",
  welcomeText: "Please open the invitation that HR sent you.",
  errors: {
    rate_limited: "Too fast. Please wait a moment and try again.", too_large: "The file is too large. Please make it smaller.",
    not_a_picture: "This picture can't be read. You can send it as a file.", too_long: "Too long. Please send it in parts.",
    empty_file: "The file is empty. Please choose again.", too_many_files: "At most 10 files at once.",
    button_gone: "This button has expired. Please see the newest message.", message_not_found: "This message is gone.",
    topic_closed: "This topic is closed.", bot_blocked: "You have stopped the bot. Please restart it first.",
    not_editable: "This message can't be edited.", offline: "No connection. Please check the network.",
    other: "That didn't work. Please try again later.",
  },
};

let words = ZH;
let current = "zh";

/** The language in use: "zh" or "en". */
export const language = () => current;

/** Choose the language and translate the page's fixed parts. */
export function setLanguage(code) {
  current = code === "en" ? "en" : "zh";
  words = current === "en" ? EN : ZH;
  document.documentElement.lang = current === "en" ? "en" : "zh-CN";
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = t(node.dataset.label);
  }
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = t(node.dataset.placeholder);
}

/** The words for a key, with {values} filled in. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** What to tell a person about an error's code. */
export const errorText = (code) => words.errors[code] ?? words.errors.other;

/** The language of the browser, before we know the account's. */
export const browserLanguage = () => (navigator.language.toLowerCase().startsWith("en") ? "en" : "zh");
