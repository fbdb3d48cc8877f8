// The entries of the error catalogue about where calls may go, and how many of them (C76, C80). errors.ts takes them in and
// checks their shape.

export const outboundRefusals = {
  'outbound-concurrent-limit': {
    status: 422,
    code: '90043',
    title: 'Connection channels limit exceeded',
    detail: 'The limit of simultaneous calls over trunks has been reached.',
    meaning:
      'The server has `outbound.concurrent_calls` calls over trunks already, or the key `api_keys[].outbound_concurrent_calls`.',
    remedy: 'Wait for calls to end, or raise the limit if these calls are yours.',
  },
  'outbound-rate-limit': {
    status: 429,
    code: '10011',
    title: 'Too many requests',
    detail: 'The limit of calls per minute over trunks has been reached.',
    meaning:
      'More than `outbound.calls_per_minute` calls over trunks began within a minute, or more than `api_keys[].outbound_calls_per_minute` of the key.',
    remedy: 'Wait for the seconds of `Retry-After`, or raise the limit if these calls are yours.',
  },
  'destination-malformed': {
    status: 422,
    code: '10016',
    title: 'Phone number must be in +E164 format',
    detail: 'The destination must be in E164 format or a SIP URI.',
    meaning: 'The destination passed the first look and still cannot be dialled.',
    remedy: 'Write numbers as `+15550100`, SIP URIs as `sip:user@host`.',
  },
  'destination-forbidden': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: 'You do not have permission to perform the requested action on this destination.',
    meaning: 'The host of the SIP URI is not in `outbound.allow_uri_hosts`.',
    remedy: 'Add the host to the configuration.',
  },
  'destination-prefix-forbidden': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: 'Numbers that begin like this one may not be called from this server.',
    meaning: 'The number begins with none of `outbound.allow_prefixes`.',
    remedy: 'Add its prefix to the configuration.',
  },
  'destination-key-prefix-forbidden': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: 'Numbers that begin like this one may not be called with this API key.',
    meaning: 'The number begins with none of `api_keys[].outbound_prefixes` of the key.',
    remedy: 'Add its prefix to the key, or use another key.',
  },
  'destination-without-trunk': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'There is no trunk that could carry a call to this destination.',
    meaning: 'A number was dialled and no trunk is configured.',
    remedy: 'Configure `trunks`.',
  },
  'destination-unknown-user': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'There is no such SIP user.',
    meaning: 'The SIP URI names a user of `sip.domain` that is not configured.',
    remedy: 'Check the name, or add it to `sip_users`.',
  },
} as const
