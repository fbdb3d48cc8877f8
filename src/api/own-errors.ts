// The entries of the error catalogue of what the vendor's server keeps to its own pages: what is set up, and sign-in.

import { listenErrors } from './listen/errors.ts'
import { sessionErrors } from './sessions/errors.ts'
import { setupErrors } from './setup/errors.ts'

export const ownErrors = { ...setupErrors, ...sessionErrors, ...listenErrors } as const
