import { Controller } from "@hotwired/stimulus";
import { parsePage } from "../lib/fragment";
import { roomConnection } from "../lib/room_connection";
import { errorText } from "../lib/strings";
import { toast } from "../lib/toast";
import { isPlain } from "../lib/visit";

/** From this width on the panel stays open beside the messages. */
const WIDE = "(width >= 800px)";

/** The search page in a panel beside the room: the links to it, its form and its pages are shown here. */
export default class SearchPanelController extends Controller<HTMLElement> {
  static targets = ["content"];
  declare readonly contentTarget: HTMLElement;
  private subscriptions = new AbortController();
  private running: AbortController | undefined;

  override connect(): void {
    this.subscriptions = new AbortController();
    // Before a link is visited.
    document.addEventListener("click", (event) => this.follow(event), { capture: true, signal: this.subscriptions.signal });
  }

  override disconnect(): void {
    this.subscriptions.abort();
    this.running?.abort();
  }

  search(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const values = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
    void this.load(`/search?${new URLSearchParams(values)}`);
  }

  close(): void {
    this.element.hidePopover();
    document.querySelector<HTMLElement>(".composer__text")?.focus({ preventScroll: true });
  }

  /** Escape closes it where the focus is in it. */
  key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  private follow(event: MouseEvent): void {
    const link = (event.target as Element).closest?.<HTMLAnchorElement>(".room a[href]");
    if (!link || !isPlain(event)) return;
    if (link.origin === location.origin && link.pathname === "/search") {
      event.preventDefault();
      // A popover that the link is in closes first.
      link.closest<HTMLElement>(".menu:popover-open")?.hidePopover();
      if (!this.element.matches(":popover-open")) this.element.showPopover();
      return void this.load(link.href);
    }
    if (this.contentTarget.contains(link) && !matchMedia(WIDE).matches) this.element.hidePopover();
  }

  /** Shows a search in the panel. */
  private async load(url: string): Promise<void> {
    this.running?.abort();
    const loading = (this.running = new AbortController());
    const answer = await fetch(url, { headers: { accept: "text/html" }, signal: loading.signal }).catch(() => null);
    if (loading.signal.aborted) return;
    const main = answer?.headers.get("content-type")?.startsWith("text/html") ? parsePage(await answer.text()).querySelector("main.page") : null;
    if (!main) return toast(errorText("unavailable"));
    main.querySelector(".page__head")?.remove();
    // Messages of this room are shown in place.
    const here = `/room/${roomConnection().roomId}?at=`;
    for (const hit of main.querySelectorAll(".hit__link")) {
      const href = hit.getAttribute("href") ?? "";
      if (href.startsWith(here)) hit.setAttribute("href", href.slice(href.indexOf("?")));
    }
    const isFirst = !this.contentTarget.querySelector("input");
    this.contentTarget.replaceChildren(...main.childNodes);
    this.contentTarget.scrollTop = 0;
    this.dispatch("shown");
    if (isFirst || !this.contentTarget.querySelector(".hit")) this.contentTarget.querySelector<HTMLElement>("[name=q]")?.focus();
  }
}
