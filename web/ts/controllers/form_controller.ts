import { Controller } from "@hotwired/stimulus";
import { errorText, t } from "../lib/strings";
import { toast } from "../lib/toast";
import { visit } from "../lib/visit";

/** Sends a form without leaving the page: when it is refused, what was typed stays, and the field says why. */
export default class FormController extends Controller<HTMLFormElement> {
  static values = { done: String };
  /** What to say on the next page, if that does not show it by itself. */
  declare readonly doneValue: string;
  private isSending = false;

  send(event: SubmitEvent): void {
    event.preventDefault();
    if (this.isSending) return;
    this.isSending = true;
    const form = new FormData(this.element, event.submitter);
    this.element.ariaBusy = "true";
    const done = this.doneValue;
    const onRefused = (code: string, field: string | null) => this.refuse(code, field ?? "");
    const visiting = visit(this.element.action, { form, onRefused }).finally(() => {
      this.isSending = false;
      this.element.ariaBusy = null;
    });
    void visiting.then((isDone) => {
      if (isDone && done) toast(done);
    });
  }

  private refuse(code: string, name: string): boolean {
    // What is shown is stale: the page has what somebody else has changed.
    if (code === "conflict") return false;
    for (const problem of this.element.querySelectorAll(".form__problem, .field__problem")) problem.remove();
    for (const field of this.element.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const field = this.element.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]:not([type=hidden])`);
    const problem = document.createElement(field ? "small" : "p");
    problem.className = `form__problem ${field ? "field__problem" : "notice"}`;
    problem.setAttribute("role", "alert");
    problem.textContent = field && code === "invalid" ? t("invalidField") : errorText(code);
    if (!field) {
      this.element.querySelector(".form__actions, .button--primary")?.before(problem);
      return true;
    }
    // A field may be below "More settings".
    for (let more = field.closest("details"); more; more = more.parentElement?.closest("details") ?? null) more.open = true;
    field.after(problem);
    problem.id = `problem-${name}`;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", problem.id);
    field.focus();
    return true;
  }
}
