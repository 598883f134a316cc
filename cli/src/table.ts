/** Widest cell before the last column, in characters; longer text is cut there and ends in `…`. */
const MAX_WIDTH = 60

/**
 * Formats an aligned table with a heading, one string per line. `·` replaces control characters, so that a machine's
 * name cannot steer the terminal.
 */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const last = headings.length - 1
  const cells = [headings, ...rows].map((row) =>
    headings.map((_, column) =>
      fit(printable(row[column] ?? ''), column === last ? Number.POSITIVE_INFINITY : MAX_WIDTH),
    ),
  )
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells.map((row) => alignRow(row, widths))
}

/** One line of cells, each but the last padded to its column's width. */
export function alignRow(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
    .join('  ')
    .trimEnd()
}

/** Replaces control characters by `·`: C0, DEL, C1 and bidirectional overrides. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '·')
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}
