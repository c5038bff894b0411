// Messages that are about to be deleted, which can still be taken back: they are out of sight, also where the list is
// loaded again.

const leaving = new Set<string>();

export function setLeaving(id: string, isLeaving: boolean): void {
  if (isLeaving) leaving.add(id);
  else leaving.delete(id);
  for (const message of document.querySelectorAll<HTMLElement>(`[data-message][data-id="${CSS.escape(id)}"]`)) showLeaving(message);
}

/** Hides a message that is about to be deleted. The line in the place of a deleted one is shown. */
export function showLeaving(message: HTMLElement): void {
  const { id = "" } = message.dataset;
  if (message.querySelector(".bubble--deleted")) leaving.delete(id);
  message.classList.toggle("is-leaving", leaving.has(id));
}
