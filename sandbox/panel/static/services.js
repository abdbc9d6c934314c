// 机构状态: the bureau and the banks up, slow or down; how callbacks behave; the last requests.
import { api, ask, h } from "./base.js";

const SLOW = 4; // seconds
const CALLBACKS = {
  ok: {}, late: { delay_seconds: 10 }, twice: { duplicates: 2 }, order: { out_of_order: true },
  signature: { wrong_signature: true }, never: { never: true },
};
const CHOICES = [["ok", "正常", {}], ["slow", "很慢", { slow_seconds: SLOW }], ["down", "停机", { down: "503", retry_after: 5 }]];
let current = {};
let names = {};

export function renderServices(box, { services, banks }) {
  current = services;
  names = { bureau: "人社局", hrss: "养老、失业", nhsa: "医保局", hr: "HR系统", ...banks };
  box.replaceChildren(...Object.keys(services).map((name) => service(name, names[name], services[name])));
}

function service(name, title, fault) {
  const state = fault.down !== "no" || fault.hang ? "down" : fault.slow_seconds ? "slow" : "ok";
  return h("fieldset", { class: "service" }, h("legend", {}, title),
    h("div", { class: "switch" }, CHOICES.map(([value, label, change]) =>
      h("label", { class: value },
        h("input", {
          type: "radio", name: `service-${name}`, value, checked: state === value, "data-key": `${name}-${value}`,
          onchange: () => ask("PUT", `faults/${name}`, { callbacks: fault.callbacks, ...change }),
        }), label))));
}

/** Which entry of the callbacks' list a fault is. */
export function callbackChoice(fault) {
  const plain = { delay_seconds: 0, duplicates: 0, out_of_order: false, wrong_signature: false, never: false };
  const same = (wanted) => Object.entries({ ...plain, ...wanted }).every(([name, value]) => fault.callbacks[name] === value);
  return Object.keys(CALLBACKS).find((name) => same(CALLBACKS[name])) || "other";
}

export function setCallbacks(choice) {
  return ask("PUT", "faults/bureau", { ...current.bureau, callbacks: CALLBACKS[choice] });
}

const clock = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", timeStyle: "medium" });

export async function showRequests(event) {
  const box = event.target;
  while (box.open) {
    try {
      const { requests } = await api("GET", "requests?limit=14");
      box.querySelector("tbody").replaceChildren(...requests.reverse().map((one) => {
        const bad = one.fault || one.status >= 400;
        return h("tr", {}, h("td", {}, clock.format(one.at_real * 1000)), h("td", {}, names[one.service]),
          h("td", {}, `${one.method} ${one.route.replace(/^\/(bureau|bank\/\w+)/, "")}`),
          h("td", { class: bad ? "bad" : "" }, one.fault || one.status));
      }));
    } catch { /* the page's own refresh tells it */ }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
