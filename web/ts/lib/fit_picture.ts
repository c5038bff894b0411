// Makes a picture small enough for the server before it is uploaded: cameras of phones take 108 megapixels, and some
// store them in a format that few browsers show.

/** The most that the server reads (`image::Limits`). */
const MAX_PIXELS = 40_000_000;
const MAX_SIDE = 8_192;
/** The longer side of a picture that was too large. */
const FITTED_SIDE = 4_096;
const QUALITY = 0.9;

/** Whether a file may have to be fitted. Animations are left as they are. */
export function mayNeedFit({ type, name, size }: File, maxBytes: number): boolean {
  return isHeic(type, name) || (/^image\/(?:jpeg|png|webp)$/.test(type) && (size > maxBytes || size > 2_000_000));
}

/** Returns the picture as it can be sent; the file itself where this browser cannot read it. */
export async function fitPicture(file: File, maxBytes: number): Promise<File> {
  const isOther = isHeic(file.type, file.name);
  const picture = await load(file);
  if (!picture) return isOther ? named(file) : file;
  const { naturalWidth: width, naturalHeight: height } = picture;
  const isLarge = width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE || file.size > maxBytes;
  if (!isOther && !isLarge) return file;
  const scale = isLarge ? Math.min(1, FITTED_SIDE / Math.max(width, height)) : 1;
  const blob = await draw(picture, Math.round(width * scale), Math.round(height * scale)).catch(() => null);
  return blob ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
}

function isHeic(type: string, name: string): boolean {
  return /^image\/hei[cf]/.test(type) || /\.hei[cf]$/i.test(name);
}

/** A pasted picture may have no name that says what it is. */
function named(file: File): File {
  return /\.hei[cf]$/i.test(file.name) ? file : new File([file], `${file.name.replace(/\.\w+$/, "") || "photo"}.heic`, { type: file.type });
}

/** Reads the size of a picture, turned as the camera was held. */
async function load(file: File): Promise<HTMLImageElement | null> {
  const url = URL.createObjectURL(file);
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
    return picture;
  } catch {
    return null;
  } finally {
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

async function draw(picture: HTMLImageElement, width: number, height: number): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return null;
  // What is transparent would become black.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
