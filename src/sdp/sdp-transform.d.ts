// The part of sdp-transform 3 that we use; the package ships no types. Everything it parsed is untrusted, so what a
// foreign text can leave out or fill with another type is `unknown` here and checked in parse.ts.

declare module 'sdp-transform' {
  export interface ParsedMedia {
    readonly type?: unknown
    readonly port?: unknown
    readonly protocol?: unknown
    readonly payloads?: unknown
    readonly connection?: { readonly version?: unknown; readonly ip?: unknown }
    readonly rtp: readonly {
      readonly payload?: unknown
      readonly codec?: unknown
      readonly rate?: unknown
    }[]
    readonly rtcp?: { readonly port?: unknown; readonly address?: unknown }
    readonly rtcpMux?: unknown
    readonly ptime?: unknown
    readonly maxptime?: unknown
    readonly direction?: unknown
    readonly iceUfrag?: unknown
  }

  export interface ParsedSession {
    readonly origin?: { readonly sessionId?: unknown; readonly sessionVersion?: unknown }
    readonly connection?: { readonly version?: unknown; readonly ip?: unknown }
    readonly direction?: unknown
    readonly iceUfrag?: unknown
    readonly media: readonly ParsedMedia[]
  }

  export interface WrittenMedia {
    type: string
    port: number
    protocol: string
    payloads: string
    rtp: { payload: number; codec: string; rate: number }[]
    fmtp: { payload: number; config: string }[]
    ptime?: number
    direction?: string
    rtcpMux?: string
  }

  export interface WrittenSession {
    version: 0
    origin: {
      username: string
      sessionId: number
      sessionVersion: number
      netType: 'IN'
      ipVer: 4 | 6
      address: string
    }
    name: string
    connection: { version: 4 | 6; ip: string }
    timing: { start: 0; stop: 0 }
    media: WrittenMedia[]
  }

  export function parse(sdp: string): ParsedSession
  export function write(session: WrittenSession): string
}
