// Files for browsers, as the HTTP server gives them out. Who answers is handed in, so that the API knows no pages.

/** What of a request decides about a page. */
export interface PageRequest {
  /** Below the mount point, decoded by nobody: `assets/index-1a2b.js`; `` is the mount point itself. */
  readonly path: string
  readonly ifNoneMatch: string | undefined
  readonly acceptEncoding: string | undefined
}

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string | undefined
}

export type AnswerPage = (request: PageRequest) => PageAnswer

/** Every file of a built folder by its path below it, with `/`. */
export type PageFiles = ReadonlyMap<string, Uint8Array>
