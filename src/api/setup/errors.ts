// The entries of the error catalogue about what is set up over the API. errors.ts takes them in and checks their shape.

export const setupErrors = {
  'defined-in-file': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: 'This is defined in the configuration file and can only be changed there.',
    meaning: 'An application or a number of the configuration file, which the API only shows.',
    remedy: 'Change the file and start the server again, or make another one over the API.',
  },
  'already-taken': {
    status: 422,
    code: '10012',
    title: 'Duplicate resource',
    detail: 'Resource is a duplicate.',
    meaning: 'The phone number or the SIP user name is there already, perhaps in the file.',
    remedy: 'Choose another one, or update the one that is there.',
  },
  'connection-unknown': {
    status: 422,
    code: '10015',
    title: 'Invalid value for connection_id',
    detail: 'The connection_id must be the id of a credential connection.',
    meaning: '`connection_id` of a telephony credential is no credential connection.',
    remedy: 'Make a credential connection first.',
  },
  'setup-full': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'No more of these are kept.',
    meaning:
      '10,000 applications or credential connections, or 100,000 numbers or telephony credentials, are there.',
    remedy: 'Delete what is not used.',
  },
  'filter-invalid': {
    status: 422,
    code: '10031',
    title: 'Invalid request filter',
    detail: 'The request filter is invalid.',
    meaning: 'A filter that contradicts itself, such as two comparisons of one time.',
    remedy: 'Give one comparison.',
  },
  'delivery-unfinished': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'This webhook is still being delivered.',
    meaning: '`redeliver` of a webhook that is on its way or waits for its next attempt.',
    remedy: 'Wait: it is tried by itself.',
  },
} as const
