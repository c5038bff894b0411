// The only place that turns the server's HTML into elements. All else is made from text; the page's
// Trusted Types directive allows no policy but this one, and it no script but the service worker.

const WORKER = "/sw.js";

interface Policy {
  createHTML(html: string): string;
  createScriptURL(url: string): string;
}

interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

const factory = (window as unknown as { trustedTypes?: Factory }).trustedTypes;
const rules: Policy = { createHTML: (html) => html, createScriptURL: (url) => (url === WORKER ? url : "") };
const policy = factory?.createPolicy("madang", rules) ?? rules;

export function fragment(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content;
}

/** Reads a whole page. */
export function parsePage(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html), "text/html");
}

/** Copies the one element in a `<template>`. */
export function copy(template: HTMLTemplateElement): HTMLElement {
  const first = template.content.firstElementChild;
  if (!(first instanceof HTMLElement)) throw new Error("the template is empty");
  return first.cloneNode(true) as HTMLElement;
}

/** Returns the part of an element that the partial marks with `data-field`. */
export function field(element: Element, name: string): HTMLElement | null {
  return element.querySelector<HTMLElement>(`[data-field="${name}"]`);
}

export function workerUrl(): string {
  return policy.createScriptURL(WORKER);
}
