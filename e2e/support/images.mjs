// Images made for the tests: an animated GIF and a PNG of any size.
import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

const short = (value) => [value & 255, value >> 8];

/**
 * An animated GIF. `paint(frame, x, y)` returns an index into `palette`, which has at most
 * 128 colours. The codes stay uncompressed: after each clear code they are eight bits wide.
 */
export function gif({ width = 48, height = 48, frames = 4, delay = 10, palette = RAINBOW, paint = stripes } = {}) {
  const colours = Array.from({ length: 128 }, (_, n) => palette[n % palette.length]).flat();
  const bytes = [...Buffer.from("GIF89a"), ...short(width), ...short(height), 0xf6, 0, 0, ...colours];
  bytes.push(0x21, 0xff, 11, ...Buffer.from("NETSCAPE2.0"), 3, 1, 0, 0, 0);
  for (let frame = 0; frame < frames; frame += 1) {
    bytes.push(0x21, 0xf9, 4, 4, ...short(delay), 0, 0, 0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0, 7);
    const codes = [];
    for (let at = 0; at < width * height; at += 1) {
      if (at % 120 === 0) codes.push(128);
      codes.push(paint(frame, at % width, Math.floor(at / width)));
    }
    codes.push(129);
    for (let at = 0; at < codes.length; at += 255) {
      const block = codes.slice(at, at + 255);
      bytes.push(block.length, ...block);
    }
    bytes.push(0);
  }
  bytes.push(0x3b);
  return Buffer.from(bytes);
}

const RAINBOW = Array.from({ length: 8 }, (_, n) => [n * 36, 120, 255 - n * 36]);
const stripes = (frame, x) => (Math.floor(x / 6) + frame) % 8;

/** Returns the number of frames of a GIF. */
export function framesOf(bytes) {
  const table = (flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(bytes[10]);
  let frames = 0;
  const skipBlocks = () => {
    while (bytes[at]) at += bytes[at] + 1;
    at += 1;
  };
  while (at < bytes.length && bytes[at] !== 0x3b) {
    if (bytes[at] === 0x2c) {
      frames += 1;
      at += 11 + table(bytes[at + 9]);
    } else {
      at += 2;
    }
    skipBlocks();
  }
  return frames;
}

/** A PNG of noise, which does not compress: about `width * height * 3` bytes. */
export function png(width = 24, height = width) {
  const rows = Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), randomBytes(width * 3)]));
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const sign = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([sign, chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
}

/** An AVIF of two by two pixels. */
export const avif = Buffer.from(
  "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAADnBpdG0AAAAAAAEA" +
    "AAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAB0AAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAA" +
    "AAIAAAACAAAAEHBpeGkAAAAAAwgICAAAAAxhdjFDgQ0MAAAAABNjb2xybmNseAACAAIAAYAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACVtZGF0EgAKCBgANogQEAwgMg8f" +
    "8D///8WfhwB8+ErK42A=",
  "base64",
);

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
