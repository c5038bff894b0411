/** Whether the browser went back or forward to the page, and so may show it as it was then. */
export function isFromHistory(): boolean {
  const [visit] = performance.getEntriesByType("navigation");
  return (visit as PerformanceNavigationTiming | undefined)?.type === "back_forward";
}
