// Small helpers: elements, the test API, messages to people.

/** An element with attributes (on… are listeners, true/false are booleans) and children (text is text, never markup). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** Calls the test API; throws an Error with what it said. */
export async function api(method, path, body) {
  const answer = await fetch(`/admin/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) location.reload();
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error?.message || `出错了（${answer.status}）`);
  return found;
}

/** Calls the test API for a person: tells them when it failed, and refreshes the page's parts. */
export async function ask(method, path, body) {
  try {
    const found = await api(method, path, body);
    document.dispatchEvent(new CustomEvent("changed"));
    return found;
  } catch (error) {
    toast(`没有成功：${error.message}`);
    document.dispatchEvent(new CustomEvent("changed"));
    return null;
  }
}

export function listen(name, work) {
  document.addEventListener(name, (event) => Promise.resolve(work(event.detail)).catch(() => undefined));
}

/** Runs `work` now and then every `pause` ms while the page is seen; says once when nobody answers. */
export async function every(pause, work) {
  let away = false;
  for (;;) {
    if (!document.hidden) {
      try {
        await work();
        if (away) toast("又连上了。");
        away = false;
      } catch {
        if (!away) toast("连不上演示程序，请看它是否还在运行。");
        away = true;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

let hiding;
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => box.classList.remove("shown"), 4000);
}

/** Renders anew and gives the focus back to the element with the same data-key. */
export function keepFocus(box, render) {
  const key = box.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  render();
  if (key) box.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

export function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* private mode: forgotten at the next visit */ }
}

export function recall(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}
