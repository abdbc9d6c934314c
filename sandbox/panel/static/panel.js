// The demo page: frames, people, applications, services and clock. Plain modules, no build step.
import { api, ask, every, h, keepFocus, listen, toast } from "./base.js";
import { frameOf, showFrame } from "./frames.js";
import { renderPeople } from "./people.js";
import { renderApplications } from "./applications.js";
import { renderServices, showRequests, setCallbacks, callbackChoice } from "./services.js";

const $ = (id) => document.getElementById(id);
const STATE_PAUSE = 1500; // ms
const shown = {};

/** Renders a part only when its data changed, so that nobody's choice or focus is lost. */
function part(name, data, render) {
  const text = JSON.stringify(data);
  if (shown[name] === text) return;
  shown[name] = text;
  keepFocus($(name), () => render($(name), data));
}

async function refresh() {
  const state = await api("GET", "state");
  const { demo, services, applications, transfers } = state;
  document.title = `社保小助手 · ${demo.company || "演示"}`;
  $("company").textContent = demo.company || "演示";
  $("now").textContent = new Date(state.now).toLocaleString("zh-CN", {
    timeZone: "Asia/Shanghai", dateStyle: "medium", timeStyle: "short",
  });
  part("links", demo.links || [], (box, links) =>
    box.replaceChildren(...links.map((one) => h("a", { href: one.url, target: "_blank", rel: "noopener" }, one.title))));
  if (demo.hr_url) showFrame("hr-frames", demo.hr_url, "HR 群的对话");
  const regions = demo.regions || {};
  part("people", { people: demo.people || [], regions }, renderPeople);
  if (demo.employee_url && !frameOf("employee-frames")) showFrame("employee-frames", demo.employee_url, "员工的对话");
  $("application-count").textContent = applications.length + transfers.length ? `${applications.length + transfers.length} 件申请` : "";
  part("applications", { applications, transfers, banks: state.bank_names, regions }, renderApplications);
  part("services", { services, banks: state.bank_names }, renderServices);
  if (document.activeElement !== $("callbacks")) $("callbacks").value = callbackChoice(services.bureau);
  if (document.activeElement !== $("pace")) $("pace").value = paceOf(state.delays);
}

const STEPS = ["reviewing", "origin_asked", "origin_sent", "making", "collectable", "collected", "social_enabled"];

function paceOf(delays) {
  const steps = STEPS.map((name) => delays[name]);
  const value = String(steps[0]);
  return steps.every((step) => step === steps[0]) && ["0", "8", "86400"].includes(value) ? value : "";
}

function setPace(seconds) {
  const body = {};
  for (const name of STEPS) body[name] = seconds;
  return ask("PUT", "delays", body);
}

function tabs() {
  const all = [...document.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    for (const one of all) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
    }
    document.body.dataset.tab = tab.getAttribute("aria-controls");
  };
  for (const tab of all) tab.addEventListener("click", () => choose(tab));
  all[0].parentElement.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
    next.focus();
    choose(next);
  });
  listen("open-employee", () => choose(all[0]));
}

function start() {
  document.body.classList.toggle("panel-only", location.pathname === "/panel");
  tabs();
  for (const button of $("time").querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      if (await ask("POST", "clock", { advance_seconds: Number(button.dataset.days) * 86400 })) toast(`时间往前${button.textContent.replace("过", "过了")}。`);
    });
  }
  $("pace").addEventListener("change", (event) => setPace(Number(event.target.value)));
  $("callbacks").addEventListener("change", (event) => setCallbacks(event.target.value));
  $("requests").addEventListener("toggle", showRequests);
  listen("changed", refresh);
  every(STATE_PAUSE, refresh);
}

start();
