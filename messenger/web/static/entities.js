// Text with Telegram's entities as DOM nodes. Offsets are UTF-16 units, as JavaScript's own.

import { el } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};
const SAFE = /^(https?:|tel:|mailto:)/i;

/** Nodes for a text; `onCommand` is called with a pressed /command. */
export function rich(text, entities = [], onCommand = () => {}) {
  const root = document.createDocumentFragment();
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  build(root, text, sorted, 0, text.length, onCommand);
  return root;
}

function build(parent, text, entities, start, end, onCommand) {
  let position = start;
  let index = 0;
  while (index < entities.length) {
    const entity = entities[index];
    const from = Math.max(entity.offset, position);
    const to = Math.min(entity.offset + entity.length, end);
    index += 1;
    if (to <= from) continue;
    parent.append(text.slice(position, from));
    const inner = [];
    while (index < entities.length && entities[index].offset < to) inner.push(entities[index++]);
    const node = element(entity, text.slice(from, to), onCommand);
    build(node, text, inner, from, to, onCommand);
    parent.append(node);
    position = to;
  }
  parent.append(text.slice(position, end));
}

function element(entity, value, onCommand) {
  switch (entity.type) {
    case "url": return link(value);
    case "text_link": return link(entity.url);
    case "email": return link(`mailto:${value}`);
    case "bot_command":
      return el("button", { type: "button", class: "command", onclick: () => onCommand(value) });
    case "spoiler":
      return el("span", {
        class: "spoiler", tabIndex: 0, role: "button",
        onclick: (event) => event.currentTarget.classList.add("shown"),
        onkeydown: (event) => { if (event.key === "Enter") event.currentTarget.classList.add("shown"); },
      });
    default: return el(TAGS[entity.type] ?? "span");
  }
}

function link(url) {
  if (!SAFE.test(url)) return el("span");
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" });
}
