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
