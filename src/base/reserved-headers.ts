// SIP header fields that belong to the stack, not to users of the API: routing, identity of the dialog, credentials, bodies,
// extensions. The API refuses them and the stack leaves them out; both read this one list.

const reserved: ReadonlySet<string> = new Set([
  ...['via', 'from', 'to', 'call-id', 'cseq', 'contact', 'max-forwards', 'route', 'record-route'],
  ...['path', 'service-route', 'authorization', 'proxy-authorization', 'www-authenticate'],
  ...['proxy-authenticate', 'authentication-info', 'content-length', 'content-type'],
  ...['content-encoding', 'content-disposition', 'require', 'proxy-require', 'supported'],
  ...['unsupported', 'allow', 'allow-events', 'accept', 'event', 'session-expires', 'min-se'],
  ...['expires', 'min-expires', 'rseq', 'rack', 'replaces', 'refer-to', 'refer-sub', 'referred-by'],
  ...['subscription-state', 'retry-after', 'identity', 'p-asserted-identity', 'privacy'],
  ...['user-agent', 'server', 'mime-version', 'timestamp', 'date', 'join', 'target-dialog'],
  // Compact forms of the above (RFC 3261 §7.3.3, RFC 3265, RFC 3515, RFC 3892, RFC 4028, RFC 4474).
  ...['v', 'f', 't', 'i', 'm', 'l', 'c', 'e', 'k', 'u', 'o', 'x', 'r', 'b', 'y'],
])

/** Whether a header of this name, in any spelling, is the stack's own. */
export function isReservedHeader(name: string): boolean {
  return reserved.has(name.toLowerCase())
}
