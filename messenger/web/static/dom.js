// Small helpers. Nothing here, or anywhere, parses markup: text only ever becomes text nodes.

export const byId = (id) => document.getElementById(id);

/** A new element with properties and children; strings become text. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

let toastTimer = 0;

/** A short notice that goes by itself. */
export function toast(text) {
  const node = byId("toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { node.hidden = true; }, 4000);
}

/** Open the sheet with these children; it closes on its backdrop, Escape, or `closeSheet`. */
export function openSheet(...children) {
  const sheet = byId("sheet");
  sheet.replaceChildren(...children);
  if (!sheet.open) sheet.showModal();
  sheet.onclick = (event) => { if (event.target === sheet) closeSheet(); };
  return sheet;
}

export function closeSheet() {
  byId("sheet").close();
}

/** Ask yes or no. */
export function ask(text, yes, no) {
  return new Promise((resolve) => {
    const done = (value) => { sheet.onclose = null; closeSheet(); resolve(value); };
    const sheet = openSheet(
      el("p", { class: "sheet-text" }, text),
      el("div", { class: "sheet-row" },
        el("button", { type: "button", class: "plain", onclick: () => done(false) }, no),
        el("button", { type: "button", class: "start", onclick: () => done(true) }, yes)),
    );
    sheet.onclose = () => resolve(false);
  });
}
