// The part of a long list that can be seen: only those rows exist as elements, the rest is height. Rows of one
// list are equally high, so the arithmetic needs no measuring.

export interface Grid { readonly columns: number; readonly rowHeight: number }
export interface Window { readonly from: number; readonly to: number; readonly offset: number; readonly height: number }

const overscanRows = 4;

/** Which items of `count` to make for a scroller at `top` with `seen` pixels in sight. */
export function windowOf(count: number, grid: Grid, top: number, seen: number): Window {
  const rows = Math.ceil(count / grid.columns);
  const first = Math.max(0, Math.floor(top / grid.rowHeight) - overscanRows);
  const last = Math.min(rows, Math.ceil((top + seen) / grid.rowHeight) + overscanRows);
  return { from: Math.min(first, rows) * grid.columns, to: Math.min(last * grid.columns, count), offset: Math.min(first, rows) * grid.rowHeight, height: rows * grid.rowHeight };
}

/** How far an arrow key moves in the list; null for any other key. */
export function arrowStep(key: string, columns: number): number | null {
  switch (key) {
    case "ArrowDown": return columns;
    case "ArrowUp": return -columns;
    case "ArrowRight": return columns > 1 ? 1 : null;
    case "ArrowLeft": return columns > 1 ? -1 : null;
    default: return null;
  }
}
