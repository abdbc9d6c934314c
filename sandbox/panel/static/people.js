// 我是谁: the company's people, their links and their sample pictures.
import { h, recall, remember, toast } from "./base.js";
import { sendToChat, showFrame } from "./frames.js";

const TITLES = {
  front: "身份证人像面", back: "身份证国徽面", portrait: "白底证件照", portrait_blue: "蓝底证件照",
  id_front: "身份证人像面", id_back: "身份证国徽面", card_list: "持卡截图",
};
const CHOSEN = "chosen-person";

export function renderPeople(box, { people, regions }) {
  if (!people.length) {
    box.replaceChildren(h("p", { class: "muted" }, "还没有员工名单。用演示命令启动后，名单会出现在这里。"));
    return;
  }
  const details = h("div", { class: "who" });
  const pick = h("select", { "aria-label": "选一位员工", "data-key": "pick", onchange: () => choose(pick.value) },
    people.map((one) => h("option", { value: one.number }, [one.name, regions[one.region] || one.region, one.note].filter(Boolean).join(" · "))));
  // Whoever is chosen holds the phone: pictures never go into somebody else's chat.
  const choose = (number) => {
    const person = people.find((one) => one.number === number) || people[0];
    pick.value = person.number;
    remember(CHOSEN, person.number);
    document.getElementById("who").textContent = person.name;
    details.replaceChildren(...about(person));
    if (person.invite_url) showFrame("employee-frames", person.invite_url, `${person.name}的对话`);
  };
  box.replaceChildren(h("div", { class: "who" }, pick, details));
  choose(recall(CHOSEN));
}

function about(person) {
  const parts = [];
  const pictures = Object.entries(person.pictures || {});
  if (pictures.length) {
    parts.push(
      h("p", { class: "muted" }, "TA的样本照片：点“发到对话”，或拖到左边的对话里。"),
      h("ul", { class: "pictures", "aria-label": "样本照片" }, pictures.map(([kind, given]) => picture(person, kind, given))),
    );
  }
  if (person.invite_url) {
    const link = h("input", { readonly: true, value: person.invite_url, "aria-label": "登录链接", onfocus: () => link.select() });
    parts.push(h("details", {},
      h("summary", {}, "在另一个浏览器窗口里打开TA的对话"),
      h("div", { class: "link" }, link, h("button", { "data-key": "copy", onclick: () => copy(link) }, "复制链接"))));
  }
  return parts;
}

async function copy(link) {
  try {
    await navigator.clipboard.writeText(link.value);
    toast("链接已复制；每条链接只能用一次。");
  } catch {
    link.select();
    toast("请按 Ctrl+C 复制。");
  }
}

function picture(person, kind, given) {
  const one = typeof given === "string" ? { src: given } : given;
  const title = one.title || TITLES[kind] || kind;
  const source = /^https?:/.test(one.src) ? one.src : `/panel/pictures/${one.src.split("/").map(encodeURIComponent).join("/")}`;
  const filename = one.filename || `${title}.${one.src.split(".").pop()}`;
  const save = h("a", { href: source, download: filename, "data-key": `save-${kind}`, "aria-label": `下载${title}` }, "下载");
  const send = h("button", { class: "small", "data-key": `send-${kind}`, "aria-label": `把${title}发到对话` }, "发到对话");
  send.addEventListener("click", async () => {
    send.disabled = true;
    document.dispatchEvent(new CustomEvent("open-employee"));
    try {
      const answer = await fetch(source);
      if (!answer.ok) throw new Error(String(answer.status));
      const taken = await sendToChat(filename, await answer.blob());
      toast(taken ? `${title}已放进对话，请在那里点“发送”。` : "请先在员工的手机里点“进入聊天”和“开始”，再发照片。");
    } catch {
      toast(`${title}还没有做好，请稍后再试。`);
    }
    send.disabled = false;
  });
  // the picture is dragged by the browser's own means: a link around it would be dragged instead
  return h("li", {},
    h("figure", {},
      h("img", { src: source, alt: `${person.name}的${title}（样本）`, title: "可以拖到桌面或对话里", loading: "lazy" }),
      h("figcaption", {}, title)),
    send, save);
}
