// Defined by the build: the address of the sprite.
declare const ICONS: string;

/** The address of an icon, for a `<use>`. */
export function iconUrl(name: string): string {
  return `${ICONS}#${name}`;
}
