"use strict";

const list = document.getElementById("messages");
const state = document.getElementById("state");
const shown = new Map();

// Texts only ever become text nodes: a message is whatever somebody typed.
function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function card(message) {
  const article = document.createElement("article");
  const meta = element("div", "meta", "");
  const time = element("time", "", new Date(message.at).toLocaleTimeString());
  time.dateTime = message.at;
  meta.append(element("span", "channel", message.channel), element("span", "to", message.to), time);
  article.append(meta);
  if (message.subject) article.append(element("h2", "", message.subject));
  article.append(element("p", "text", message.text));
  const code = /(?<!\d)\d{6}(?!\d)/.exec(message.text);
  if (message.channel === "sms" && code) {
    const copy = element("button", "code", code[0]);
    copy.type = "button";
    copy.title = "Copy the code";
    copy.addEventListener("click", () => navigator.clipboard.writeText(code[0]));
    article.append(copy);
  }
  return article;
}

async function refresh() {
  try {
    const answer = await fetch("/messages");
    const messages = await answer.json();
    const ids = new Set(messages.map((message) => message.id));
    for (const [id, article] of shown) {
      if (!ids.has(id)) {
        article.remove();
        shown.delete(id);
      }
    }
    for (const message of messages.toReversed()) {
      if (shown.has(message.id)) continue;
      const article = card(message);
      shown.set(message.id, article);
      list.prepend(article);
    }
    state.textContent = messages.length ? `${messages.length} so far` : "None yet: sign up, and the code appears here";
  } catch {
    state.textContent = "The catcher does not answer";
  }
  setTimeout(refresh, 1000);
}

document.getElementById("clear").addEventListener("click", () => fetch("/messages", { method: "DELETE" }));
refresh();
