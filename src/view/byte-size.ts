const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/**
 * A number of bytes for people.
 *
 * @example byteSize(1536) // '1.5 KiB'
 */
export function byteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let size = bytes / 1024;
  let unit = 0;
  for (; size >= 1023.95 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${size.toFixed(1)} ${UNITS[unit]}`;
}

/**
 * The same where there is little room: at most five characters.
 *
 * @example shortSize(213_909_504) // '204M'
 */
export function shortSize(bytes: number): string {
  let size = bytes / 1024;
  let unit = 0;
  for (; size >= 1023.5 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.round(size)}${UNITS[unit]?.[0]}`;
}
