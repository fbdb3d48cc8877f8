// What no check looks at, and why: it cannot be produced over the API within the seconds that a check has, or at all. The
// unit or end-to-end test that looks at it instead is named.

export interface Reason {
  readonly what: RegExp
  readonly why: string
}

const taken = 'Taken, whatever it holds, and without effect (C158).'
const never = 'Published, and never sent: nothing here leads to it (C131).'
const noOccasion = 'Published for features of the vendor that this server does not have.'

export const reasons: readonly Reason[] = [
  { what: /#voice_settings$/, why: taken },
  {
    what: /actions\/speak#stop=overlay$/,
    why: 'One list for playback and speech; nobody publishes it for speech.',
  },
  {
    what: /^GET \/(health|ready)$/,
    why: 'For the machine room, not for applications: `test/e2e/process`.',
  },
  {
    what: /^[A-Z]+ \/lab\b/,
    why: 'Ours, for tests of applications, and not there on any other server: `test/e2e/testing`.',
  },
  {
    what: /^[A-Z]+ \/(queue_statistics|live|sessions|read_only_links)\b/,
    why: 'Ours, and not there on any other server: `test/e2e/console`, `src/api/live`, `src/api/sessions`.',
  },
  {
    what: /^GET \/(call_timelines|calls\/\{[^}]+\}\/(timeline|listen)|sip_(registrations|trunks))/,
    why: 'For people who look at calls, not for applications: `test/e2e/trace`, `test/e2e/console/listen.test.ts`, `src/api/timelines`.',
  },
  { what: /^code 415 10014$/, why: 'Published beside 10029, which is what is answered.' },
  { what: /^code 422 90021$/, why: 'Published for a parameter `duration` that no operation has.' },
  { what: /^code 422 9004[12]$/, why: `${noOccasion} Channels are limited for an application.` },
  { what: /^code 503 10037$/, why: 'Published beside 10007, which is what is answered.' },
  {
    what: /^code 426 10015$/,
    why: 'Ours, of a WebSocket of ours: `src/api/listen`.',
  },
  {
    what: /^code 429 10011$/,
    why: 'Needs a server that was given limits: `src/api/transport.test.ts`.',
  },
  { what: /^code 500 10007$/, why: 'A fault of ours: `src/api/errors.test.ts` makes one.' },
  {
    what: /^code 503 10007$/,
    why: 'A server that stops or whose disk stands still: `test/e2e/process/stop.test.ts`, `disk.test.ts`.',
  },
  {
    what: /^event call\.recording\.error/,
    why: 'A disk that fails while it is written: `src/engine/recordings.test.ts`, `test/e2e/recording`.',
  },
  { what: /playback\.ended#status=unknown$/, why: never },
  {
    what: /stream|fork|#(custom_parameters|target)$/,
    why: 'One by one, with phones that listen: `test/e2e/streaming`, `src/api/parameters.test.ts`, `src/media/streaming`.',
  },
  {
    what: /#answering_machine_detection/,
    why: 'Taken alike by dial and transfer, refused alike: `src/api/machine-detection.test.ts`, `not-supported.test.ts`.',
  },
]

/** Why nothing looks at it; undefined: it was forgotten. */
export function reasonOf(missing: string): string | undefined {
  return reasons.find(({ what }) => what.test(missing))?.why
}
