const GAP = '  ';
/** A column that is cut keeps at least this much. */
const NARROWEST = 8;

/**
 * Lays out rows as columns. Where they do not fit, the widest columns are cut first, each with an ellipsis, and at last
 * the ends of the lines; the first column, by which a row is found, is not.
 *
 * @param width - in characters; undefined cuts nothing.
 */
export function table(rows: readonly (readonly string[])[], width: number | undefined): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  if (width !== undefined) shrink(widths, width - GAP.length * (widths.length - 1));
  return rows
    .map((row) =>
      line(
        row.map((cell, column) => cut(cell, widths[column] ?? 0)),
        width,
      ),
    )
    .join('\n');
}

function line([name = '', ...others]: readonly string[], width: number | undefined): string {
  const rest = others
    .map((cell) => GAP + cell)
    .join('')
    .trimEnd();
  const room = width === undefined ? rest.length : width - [...name].length;
  return (room > 0 ? name + cut(rest, room) : name).trimEnd();
}

function shrink(widths: number[], room: number): void {
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    let widest = 1;
    for (let column = 2; column < widths.length; column++)
      if ((widths[column] ?? 0) > (widths[widest] ?? 0)) widest = column;
    if ((widths[widest] ?? 0) <= NARROWEST) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function cut(cell: string, width: number): string {
  const characters = [...cell];
  return characters.length > width
    ? `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
    : cell.padEnd(cell.length + width - characters.length);
}
