// 人社局: what lies at the bureau, moved by hand.
import { ask, h } from "./base.js";

const NAMES = {
  reviewing: "资料审核中", returned: "已退回", making: "制卡中", collectable: "可领取", collected: "已领取",
  social_enabled: "社保功能已启用", financial_activated: "银行账户已激活", sealed: "逾期封存", withdrawn: "已撤回",
};
const ROAD = [["审核", ["reviewing", "returned"]], ["制卡", ["making"]], ["待领", ["collectable", "sealed"]], ["已领", ["collected"]],
  ["启用", ["social_enabled"]], ["激活", ["financial_activated"]]];
const STEPS = {
  reviewing: [["按规则审核", null], ["直接通过", "making"]],
  making: [["送到银行网点", "collectable"]],
  collectable: [["本人领卡", "collected"], ["逾期封存", "sealed"]],
  collected: [["启用社保功能", "social_enabled"], ["激活银行账户", "financial_activated"]],
  social_enabled: [["激活银行账户", "financial_activated"]],
  financial_activated: [["启用社保功能", "social_enabled"]],
};
const RETURNABLE = ["reviewing", "making"];

const INSURANCES = { pension: "养老", medical: "医疗", unemployment: "失业" };
const SIDES = { reviewing: "转入地审核", origin_asked: "已发函转出地", origin_sent: "转出地已转出", done: "已办结", returned: "已退回", withdrawn: "已撤回" };
const NEXT = { reviewing: "转入地按规则审核", origin_asked: "转出地按规则转出", origin_sent: "转入地接收" };

export function renderApplications(box, { applications, transfers, banks, regions }) {
  const shown = [...transfers.map((one) => transfer(one, regions)), ...applications.map((one) => application(one, banks, regions))];
  box.replaceChildren(...(shown.length
    ? shown
    : [h("p", { class: "muted" }, "还没有收到申请。员工提交后会出现在这里。")]));
}

function transfer(one, regions) {
  const path = `transfers/${encodeURIComponent(one.reference)}/step`;
  const place = (code) => regions[code] || code;
  const moves = NEXT[one.status]
    ? [h("button", { class: "small", "data-key": `${one.reference}-next`, onclick: () => ask("POST", path, {}) }, NEXT[one.status])] : [];
  if (["reviewing", "origin_asked"].includes(one.status)) {
    const back = { to: "returned", reason_code: "still_paying", reason_message: "转出地还在缴费" };
    moves.push(h("button", { class: "small danger", "data-key": `${one.reference}-back`, onclick: () => ask("POST", path, back) }, "退回：还在缴费"));
  }
  return h("article", { class: "application" },
    h("header", {}, h("strong", {}, one.name),
      h("span", { class: "muted" }, `${INSURANCES[one.insurance]}转移 · ${place(one.origin)} → ${place(one.destination)} · ${one.number}`),
      h("span", { class: `chip ${one.status === "done" ? "done" : one.status}` }, SIDES[one.status])),
    moves.length ? h("div", { class: "row" }, moves) : null);
}

function application(one, banks, regions) {
  const moves = buttons(one);
  const done = one.past.includes("social_enabled") && one.past.includes("financial_activated");
  const label = done ? "全部办完" : NAMES[one.status];
  return h("article", { class: "application" },
    h("header", {}, h("strong", {}, one.name), h("span", { class: "muted" }, `${banks[one.bank] || one.bank} · ${regions[one.region] || one.region} · ${one.number}`),
      h("span", { class: `chip ${done ? "done" : one.status}` }, label)),
    h("ol", { class: "steps", "aria-label": "进度" }, ROAD.map(([title, states]) =>
      h("li", { class: stepClass(one, states) }, title))),
    one.status === "returned" && one.reason ? h("p", { class: "hint bad" }, `退回：${one.reason.message}`) : null,
    one.status === "reviewing" && one.verdict ? h("p", { class: "hint" }, `按规则会退回：${one.verdict.message}`) : null,
    moves.length ? h("div", { class: "row" }, moves) : null);
}

function stepClass(one, states) {
  if (states.includes(one.status) && ["returned", "sealed"].includes(one.status)) return "bad";
  return states.some((state) => one.past.includes(state)) ? "on" : "";
}

function buttons(one) {
  const path = `applications/${encodeURIComponent(one.reference)}/step`;
  const once = ["social_enabled", "financial_activated"]; // what is switched on stays on
  const made = (STEPS[one.status] || []).filter(([, to]) => !(once.includes(to) && one.past.includes(to)));
  const moves = made.map(([title, to]) =>
    h("button", { class: "small", "data-key": `${one.reference}-${to}`, onclick: () => ask("POST", path, { to }) }, title));
  if (RETURNABLE.includes(one.status)) {
    moves.push(h("button", { class: "small danger", "data-key": `${one.reference}-return`, onclick: () => giveBack(path) }, "退回…"));
  }
  return moves;
}

function giveBack(path) {
  const dialog = document.getElementById("return");
  const form = dialog.querySelector("form");
  const suggest = () => { form.elements.message.placeholder = form.elements.code.selectedOptions[0].textContent; };
  form.elements.message.value = "";
  form.elements.code.onchange = suggest;
  suggest();
  dialog.onclose = () => {
    if (dialog.returnValue !== "return") return;
    const code = form.elements.code.value;
    ask("POST", path, { to: "returned", reason_code: code, reason_message: form.elements.message.value.trim() || form.elements.message.placeholder });
  };
  dialog.returnValue = "cancel";
  dialog.showModal();
}
