// Makes a picture small enough for the server before it is uploaded, and one of a kind that the server shows: cameras of
// phones take 108 megapixels, and store them as HEIC; pages are full of AVIF.

/** The most that the server reads (`image::Limits`). */
const MAX_PIXELS = 40_000_000;
const MAX_SIDE = 8_192;
/** The longer side of a picture that was too large. */
const FITTED_SIDE = 4_096;
const QUALITY = 0.9;

/** Whether a file may have to be fitted. Animations are left as they are. */
export function mayNeedFit({ type, name, size }: File, maxBytes: number): boolean {
  return isHeic(type, name) || isAvif(type, name) || (/^image\/(?:jpeg|png|webp)$/.test(type) && (size > maxBytes || size > 2_000_000));
}

/** Returns the picture as it can be sent; the file itself where this browser cannot read it. */
export async function fitPicture(file: File, maxBytes: number): Promise<File> {
  const isAvifFile = isAvif(file.type, file.name);
  const isOther = isAvifFile || isHeic(file.type, file.name);
  const picture = isAvifFile && (await isAnimated(file)) ? null : await load(file);
  if (!picture) return isOther ? named(file, isAvifFile ? "avif" : "heic") : file;
  const { naturalWidth: width, naturalHeight: height } = picture;
  const isLarge = width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE || file.size > maxBytes;
  if (!isOther && !isLarge) return file;
  const scale = isLarge ? Math.min(1, FITTED_SIDE / Math.max(width, height)) : 1;
  // An AVIF may be transparent. A browser that writes no WebP writes PNG.
  const type = isAvifFile ? "image/webp" : "image/jpeg";
  const drawAs = (type: string) => draw(picture, Math.round(width * scale), Math.round(height * scale), type).catch(() => null);
  let blob = await drawAs(type);
  // A photo as PNG may be too large.
  if (blob && blob.size > maxBytes) blob = await drawAs("image/jpeg");
  if (!blob) return file;
  const ending = blob.type.replace("image/", "").replace("jpeg", "jpg");
  return new File([blob], `${baseName(file.name)}.${ending}`, { type: blob.type });
}

function isHeic(type: string, name: string): boolean {
  return /^image\/hei[cf]/.test(type) || /\.hei[cf]$/i.test(name);
}

function isAvif(type: string, name: string): boolean {
  return type === "image/avif" || /\.avif$/i.test(name);
}

/** Whether an AVIF says in its first box that it is a sequence, of which a canvas would keep one picture. */
async function isAnimated(file: File): Promise<boolean> {
  return (await file.slice(0, 64).text()).slice(4).startsWith("ftypavis");
}

function baseName(name: string): string {
  return name.replace(/\.\w+$/, "") || "photo";
}

/** A pasted picture may have no name that says what it is. */
function named(file: File, ending: string): File {
  return /\.(?:hei[cf]|avif)$/i.test(file.name) ? file : new File([file], `${baseName(file.name)}.${ending}`, { type: file.type });
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

async function draw(picture: HTMLImageElement, width: number, height: number, type: string): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return null;
  if (type === "image/jpeg") {
    // What is transparent would become black.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
}
