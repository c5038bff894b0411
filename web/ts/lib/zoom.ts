// Zooms and moves a picture: by wheel, by two fingers, by a double press, and by dragging.

const MAX_ZOOM = 8;
const DOUBLE_MS = 300;
/** A press that moves less is no drag. */
const STILL_PX = 6;

interface Point {
  x: number;
  y: number;
}

export class Zoom {
  private scale = 1;
  private at: Point = { x: 0, y: 0 };
  private readonly pointers = new Map<number, Point>();
  private spread = 0;
  private start: Point = { x: 0, y: 0 };
  private pressedAt = 0;

  constructor(private readonly picture: HTMLElement) {}

  get isZoomed(): boolean {
    return this.scale > 1.01;
  }

  reset(): void {
    this.scale = 1;
    this.at = { x: 0, y: 0 };
    this.pointers.clear();
    this.apply();
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    this.zoomTo(this.scale * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  }

  press(event: PointerEvent): void {
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.spread = this.distance();
    this.start = { x: event.clientX, y: event.clientY };
  }

  /** Returns whether the picture was moved or zoomed. */
  move(event: PointerEvent): boolean {
    const before = this.pointers.get(event.pointerId);
    if (!before) return false;
    const now = { x: event.clientX, y: event.clientY };
    this.pointers.set(event.pointerId, now);
    if (this.pointers.size === 2) {
      const spread = this.distance();
      const [one, other] = [...this.pointers.values()] as [Point, Point];
      this.zoomTo((this.scale * spread) / (this.spread || spread), (one.x + other.x) / 2, (one.y + other.y) / 2);
      this.spread = spread;
      return true;
    }
    if (!this.isZoomed) return false;
    this.at = { x: this.at.x + now.x - before.x, y: this.at.y + now.y - before.y };
    this.apply();
    return true;
  }

  /** Ends a press, which may be the second of a double one. */
  release(event: PointerEvent): void {
    const wasSingle = this.pointers.size === 1;
    this.pointers.delete(event.pointerId);
    this.spread = this.distance();
    if (!wasSingle || Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y) > STILL_PX) return;
    if (event.timeStamp - this.pressedAt < DOUBLE_MS) this.zoomTo(this.isZoomed ? 1 : 2.5, event.clientX, event.clientY);
    this.pressedAt = event.timeStamp;
  }

  /** Changes the zoom by a key. */
  step(factor: number): void {
    const { left, top, width, height } = this.picture.getBoundingClientRect();
    this.zoomTo(this.scale * factor, left + width / 2, top + height / 2);
  }

  /** Enlarges to the width of the window, at least twice, from the top; or shows the whole again. */
  toggle(): void {
    if (this.isZoomed) return this.reset();
    const { left, top, width } = this.picture.getBoundingClientRect();
    this.zoomTo(Math.max(2, innerWidth / width), left + width / 2, top);
  }

  /** Zooms, and leaves what is under a point where it is. */
  private zoomTo(wanted: number, x: number, y: number): void {
    const scale = Math.min(MAX_ZOOM, Math.max(1, wanted));
    const { left, top, width, height } = this.picture.getBoundingClientRect();
    const from = { x: x - (left + width / 2), y: y - (top + height / 2) };
    const growth = scale / this.scale - 1;
    this.at = scale === 1 ? { x: 0, y: 0 } : { x: this.at.x - from.x * growth, y: this.at.y - from.y * growth };
    this.scale = scale;
    this.apply();
  }

  private distance(): number {
    const [one, other] = [...this.pointers.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }

  private apply(): void {
    this.picture.style.translate = `${this.at.x}px ${this.at.y}px`;
    this.picture.style.scale = String(this.scale);
    this.picture.classList.toggle("is-zoomed", this.isZoomed);
  }
}
