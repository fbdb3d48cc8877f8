// Numbered pages: what clients may ask for, and the `meta` they get.

import type { Page } from '../ports/store.ts'
import { Type } from './schema.ts'

const size = { minimum: 1, maximum: 250 }

export const pageFields = {
  'page[number]': Type.Integer({ default: 1, minimum: 1, maximum: 1_000_000_000 }),
  'page[size]': Type.Integer({ ...size, default: 20 }),
}

export const pageQuery = Type.Object(pageFields)

/** Lists that the vendor describes with cursors also take `page[limit]` for `page[size]`. */
export const limitFields = {
  'page[number]': pageFields['page[number]'],
  'page[size]': Type.Optional(Type.Integer(size)),
  'page[limit]': Type.Optional(Type.Integer(size)),
  'page[after]': Type.Optional(Type.String()),
  'page[before]': Type.Optional(Type.String()),
}

/** The page that checked query parameters mean. */
export function pageOf(query: {
  readonly 'page[number]': number
  readonly 'page[size]'?: number
  readonly 'page[limit]'?: number
}): Page {
  return {
    number: query['page[number]'],
    size: query['page[size]'] ?? query['page[limit]'] ?? 20,
  }
}

export const metaSchema = Type.Object({
  page_number: Type.Integer(),
  page_size: Type.Integer(),
  total_pages: Type.Integer(),
  total_results: Type.Integer(),
})

/** True totals on every page, also past the end; an empty list has no pages. */
export function pageMeta(page: Page, total: number) {
  return {
    page_number: page.number,
    page_size: page.size,
    total_pages: Math.ceil(total / page.size),
    total_results: total,
  }
}
