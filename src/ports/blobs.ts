// Contents that are too large for a row of the store: one folder of files, each written whole or not at all. Names are
// ours (never a client's), so that none can lead out of the folder.

export interface Blobs {
  /** Replaces what has that name. On disk when it resolves. Rejects when the disk refuses. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Undefined: there is none. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Removing what is not there is fine. */
  remove(name: string): Promise<void>
  /** Every name, those of writes that a crash cut off included. */
  list(): Promise<readonly string[]>
}
