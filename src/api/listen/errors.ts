// The entries of the error catalogue about listening. own-errors.ts takes them in.

export const listenErrors = {
  'listening-off': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: 'Listening to calls is not allowed on this server: console.allow_listen is false.',
    meaning: 'A call was to be listened to on a server that was not told to allow it.',
    remedy:
      'Find out what the law of your country asks for, then set `console.allow_listen: true`.',
  },
  'foreign-origin': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: "The 'Origin' of a WebSocket with a session cookie must be this server's own.",
    meaning: 'A WebSocket with a cookie from a page of another web site, or of none.',
    remedy:
      'Use the console of this server, or an API key. Behind a proxy set `http.public_url` to the address that browsers use.',
  },
  'upgrade-required': {
    status: 426,
    code: '10015',
    title: 'Bad Request',
    detail: 'The call can be listened to over a WebSocket at this path.',
    meaning: 'A plain GET of a path that is a WebSocket; everything else about it was right.',
    remedy: 'Connect with a WebSocket client.',
  },
} as const
