// Blocks of code: reachable by keyboard, with buttons to copy and to wrap.

import { copyText } from "./copy";
import { iconUrl } from "./icons";
import { t } from "./strings";

export function decorateCode(message: HTMLElement): void {
  for (const block of message.querySelectorAll<HTMLElement>("pre:not([tabindex])")) {
    block.tabIndex = 0;
    block.setAttribute("role", "group");
    block.setAttribute("aria-label", block.dataset["language"] ?? t("code"));
    const tools = document.createElement("span");
    tools.className = "code-tools";
    const text = block.textContent ?? "";
    tools.append(
      button("copy", t("copyCode"), () => void copyText(text)),
      button("wrap", t("wrapCode"), () => block.classList.toggle("is-wrapped")),
    );
    const frame = document.createElement("div");
    frame.className = "code";
    block.replaceWith(frame);
    frame.append(block, tools);
  }
}

function button(icon: string, label: string, action: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "code-tools__button";
  element.title = label;
  element.setAttribute("aria-label", label);
  const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sign.setAttribute("class", "icon");
  sign.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", iconUrl(icon));
  sign.append(use);
  element.append(sign);
  element.addEventListener("click", action);
  return element;
}
