// Uploaded audio: what `media_name` means. The files outlive the process; each has a time at which it goes by itself.

export interface MediaFile {
  readonly name: string
  readonly contentType: 'audio/wav' | 'audio/mpeg'
  readonly sizeBytes: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly expiresAtMs: number
}

export interface MediaFiles {
  /** By name. */
  list(): readonly MediaFile[]
  get(name: string): MediaFile | undefined
  /**
   * Keeps bytes under a name, in place of what was there; `createdAtMs` of a former file stays. What is being played of
   * it is played to its end. `ttlMs` undefined: two days for a new file, the time that is left for a former one.
   */
  put(name: string, bytes: Uint8Array, ttlMs: number | undefined): Promise<PutOutcome>
  /** Another lifetime, counted from now. Undefined: there is no such file. */
  extend(name: string, ttlMs: number): Promise<MediaFile | undefined>
  /** False: there is no such file. */
  remove(name: string): Promise<boolean>
  read(name: string): Promise<Uint8Array | undefined>
  /** A file of the web, under the rules of egress; nothing is kept of it. */
  download(url: string): Promise<DownloadOutcome>
}

export type DownloadOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly status: 'failed' | 'file_not_found'; readonly detail: string }

export type PutOutcome =
  | { readonly ok: true; readonly file: MediaFile }
  /** `unplayable`: neither WAV nor MP3; `full`: as many files as are allowed. */
  | { readonly ok: false; readonly why: 'unplayable' | 'full' }

/** Without `ttl_secs`. */
export const mediaTtlMs = 172_800_000
/** Twenty years. */
export const mediaTtlSecsMax = 630_720_000
