// Which rows of a long list are worth drawing: those one can see and a few around them.

export interface RowWindow {
  readonly from: number
  /** The first that is not drawn any more. */
  readonly to: number
}

const around = 4

/** `scrolledPx`: how far the top of the list is above the top of what one sees. */
export function rowWindow(
  count: number,
  rowPx: number,
  scrolledPx: number,
  visiblePx: number,
): RowWindow {
  const first = Math.floor(Math.max(0, scrolledPx) / rowPx)
  const last = Math.ceil((Math.max(0, scrolledPx) + visiblePx) / rowPx)
  const from = Math.max(0, Math.min(first - around, count - 1))
  return { from, to: Math.max(from, Math.min(count, last + around)) }
}
