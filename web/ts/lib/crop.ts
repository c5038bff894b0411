// The square part of a picture that is shown.

/** The middle of the square as fractions of the picture, and the zoom; 1 is the largest square. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

interface Size {
  width: number;
  height: number;
}

/** Returns the square in the picture's pixels; it never leaves the picture. */
export function square(picture: Size, view: View): { left: number; top: number; side: number } {
  const side = Math.min(picture.width, picture.height) / Math.max(1, view.zoom);
  const within = (middle: number, length: number) => Math.min(Math.max(middle * length - side / 2, 0), length - side);
  return { left: within(view.x, picture.width), top: within(view.y, picture.height), side };
}
