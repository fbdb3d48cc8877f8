// The entries of the error catalogue about sessions. errors.ts takes them in and checks their shape.

export const sessionErrors = {
  'read-only': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail:
      'You do not have permission to perform the requested action: this session may only read.',
    meaning: 'The session was made with a read-only link.',
    remedy: 'Sign in with an API key.',
  },
  'console-header-missing': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: "The 'X-Holdfast-Console' header is required with a session cookie.",
    meaning:
      'A request with a cookie that is not GET; the header keeps other web sites from sending it.',
    remedy: 'Send `X-Holdfast-Console: 1`, or an API key instead of the cookie.',
  },
} as const
