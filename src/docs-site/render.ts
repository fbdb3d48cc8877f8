// One page of the documentation as HTML. Markup in the text stays text, links between pages lose their `.md`, and what
// leads out of the documentation (sources, examples) is shown as a path: those files are in the repository, not here.

import { createRequire } from 'node:module'
import { posix } from 'node:path'
import type MarkdownItClass from 'markdown-it'

export interface RenderedPage {
  readonly title: string
  /** The part of the document between header and end. */
  readonly html: string
}

/** True for a path below the documentation's folder that has a page, such as `guides/events.md`. */
export type IsPage = (path: string) => boolean

let known: typeof MarkdownItClass | undefined

/** Read with the first page: most servers are never asked for one. */
function markdownIt(): typeof MarkdownItClass {
  known ??= createRequire(import.meta.url)('markdown-it') as typeof MarkdownItClass
  return known
}

/** `path`: of the page itself, below the folder; relative links start there. */
export function renderPage(path: string, text: string, isPage: IsPage): RenderedPage {
  const markdown = new (markdownIt())({ html: false, linkify: false })
  const tokens = markdown.parse(text, {})
  const slugs = new Map<string, number>()
  let title = ''
  tokens.forEach((token, index) => {
    if (token.type === 'heading_open') {
      const words = wordsOf(tokens[index + 1])
      if (title === '') title = words
      token.attrSet('id', numbered(slugs, slugOf(words)))
    }
    if (token.type !== 'inline') return
    // Text in place of a link that leads nowhere: its opening and closing become nothing.
    let dropped = false
    for (const part of token.children ?? []) {
      if (part.type === 'link_open') {
        const href = linkFrom(path, String(part.attrGet('href') ?? ''), isPage)
        if (href === undefined) {
          dropped = true
          part.type = 'text'
          part.tag = ''
          part.nesting = 0
        } else part.attrSet('href', href)
      } else if (part.type === 'link_close' && dropped) {
        dropped = false
        part.type = 'text'
        part.tag = ''
        part.nesting = 0
      }
    }
  })
  return { title, html: markdown.renderer.render(tokens, markdown.options, {}) }
}

/** The link as the browser needs it; undefined when it leads out of the documentation. */
export function linkFrom(from: string, href: string, isPage: IsPage): string | undefined {
  if (/^(https?:|mailto:|#)/.test(href)) return href
  const [target = '', fragment] = href.split('#', 2)
  const hash = fragment === undefined ? '' : `#${fragment}`
  const resolved = posix.normalize(posix.join(posix.dirname(from), target))
  if (!isPage(resolved)) return undefined
  return `${addressOf(target)}${hash}`
}

/** A file's name as a path of the site: `events.md` is `events`, `README.md` its folder. */
export function addressOf(target: string): string {
  const short = target.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '')
  return short === '' ? './' : short
}

interface HeadingText {
  readonly children: readonly { readonly content: string }[] | null
}

function wordsOf(token: HeadingText | undefined): string {
  return (token?.children ?? []).map(({ content }) => content).join('')
}

/** As code forges make them, so that a link to a heading works in both places. */
export function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

function numbered(slugs: Map<string, number>, slug: string): string {
  const times = slugs.get(slug) ?? 0
  slugs.set(slug, times + 1)
  return times === 0 ? slug : `${slug}-${times}`
}
