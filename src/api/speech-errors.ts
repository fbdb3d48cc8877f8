// The entries of the error catalogue about words to be said (C90). errors.ts takes them in and checks their shape.

export const speechErrors = {
  'payload-invalid': {
    status: 422,
    code: '90010',
    title: 'Invalid value for payload',
    detail: "The 'payload' parameter must be a string between 1 and 3000 characters long.",
    meaning:
      'Too long, nothing in it that can be said, or (`payload_type` `ssml`) not well-formed; the detail says which and where.',
    remedy: 'Send shorter texts one after the other; check the markup.',
  },
  'payload-type-invalid': {
    status: 422,
    code: '90011',
    title: 'Invalid value for payload_type',
    detail: "The 'payload_type' parameter must be one of: ssml, text.",
    meaning: 'Bad `payload_type`, or `ssml` with `service_level` `basic`.',
    remedy: 'Use `text` or `ssml`; SSML needs `premium`.',
  },
  'voice-invalid': {
    status: 422,
    code: '90012',
    title: 'Invalid value for voice',
    detail: "The 'voice' parameter names no known voice.",
    meaning:
      'Neither `female`, `male` nor a name of a known provider, or a voice whose language this server cannot speak.',
    remedy: 'Use a name such as `AWS.Polly.Joanna`; install espeak-ng for other languages.',
  },
  'language-invalid': {
    status: 422,
    code: '90013',
    title: 'Invalid value for language',
    detail: "The 'language' parameter must be one of the listed language tags.",
    meaning:
      'No published tag, one that needs espeak-ng where the server has none, or other than `en-US` with `service_level` `basic`.',
    remedy: 'English is built in; install espeak-ng for the others.',
  },
  'service-level-invalid': {
    status: 422,
    code: '90030',
    title: 'Invalid value for service_level',
    detail: "The 'service_level' parameter must be one of: basic, premium.",
    meaning: 'Bad `service_level`.',
    remedy: 'Use `premium`.',
  },
} as const
