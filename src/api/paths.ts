// Which methods a path has, for 404 against 405. The router answers only "no route", so the registered routes are kept
// here once more, as lists of segments.

/** Remembers routes and tells the methods of a path. */
export class PathTable {
  readonly #routes: { readonly segments: readonly string[]; readonly methods: Set<string> }[] = []

  /** `url` as registered, with `:name` segments. */
  add(method: string, url: string): void {
    const same = this.#routes.find((route) => route.segments.join('/') === url)
    if (same !== undefined) same.methods.add(method)
    else this.#routes.push({ segments: url.split('/'), methods: new Set([method]) })
  }

  /** Methods of a request path without its query; empty when there is no such path. */
  methodsOf(path: string): readonly string[] {
    const segments = path.split('/')
    const methods = this.#routes
      .filter((route) => matches(route.segments, segments))
      .flatMap((route) => [...route.methods])
    return [...new Set(methods)].sort()
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part === segments[index] || part.startsWith(':'))
  )
}
