// Which square of a picture is shown.

/** Where one looks, as parts of the picture, and how near; 1 shows as much as a square can. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

interface Size {
  width: number;
  height: number;
}

/** The square in the picture's own pixels; it never leaves the picture. */
export function square(picture: Size, view: View): { left: number; top: number; side: number } {
  const side = Math.min(picture.width, picture.height) / Math.max(1, view.zoom);
  const within = (middle: number, length: number) => Math.min(Math.max(middle * length - side / 2, 0), length - side);
  return { left: within(view.x, picture.width), top: within(view.y, picture.height), side };
}
