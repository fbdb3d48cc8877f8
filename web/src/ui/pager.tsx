// Between the pages of a list.
import type { Paged } from '../api/types.ts'

export interface PagerProps {
  readonly meta: Paged
  readonly onPage: (page: number) => void
}

export function Pager({ meta, onPage }: PagerProps) {
  const { page_number: page, total_pages: pages } = meta
  if (pages <= 1) return null
  return (
    <nav class="buttons" aria-label="Pages of this list">
      <button type="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Newer
      </button>
      <span>
        page {page} of {pages}
      </span>
      <button type="button" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Older
      </button>
    </nav>
  )
}
