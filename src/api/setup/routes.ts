// The endpoints with which a server is set up, in the order of the reference.

import { listCallEvents } from '../call-events/list.ts'
import { createApplication } from '../applications/create.ts'
import { deleteApplication } from '../applications/delete.ts'
import { listApplications } from '../applications/list.ts'
import { retrieveApplication } from '../applications/retrieve.ts'
import { updateApplication } from '../applications/update.ts'
import { listConnections, retrieveConnection } from '../connections/read.ts'
import { createConnection } from '../credential-connections/create.ts'
import { listCredentialConnections } from '../credential-connections/list.ts'
import { oneCredentialConnection } from '../credential-connections/one.ts'
import { createNumber } from '../numbers/create.ts'
import { listNumbers } from '../numbers/list.ts'
import { oneNumber } from '../numbers/one.ts'
import { numberVoice } from '../numbers/voice.ts'
import { createCredential } from '../telephony-credentials/create.ts'
import { listCredentials } from '../telephony-credentials/list.ts'
import { oneCredential } from '../telephony-credentials/one.ts'
import { listDeliveries } from '../webhook-deliveries/list.ts'
import { oneDelivery } from '../webhook-deliveries/one.ts'

export const setupEndpoints = [
  ...[listApplications, createApplication, retrieveApplication],
  ...[updateApplication, deleteApplication],
  ...[listNumbers, createNumber, oneNumber, numberVoice],
  ...[listConnections, retrieveConnection],
  ...[listCredentialConnections, createConnection, oneCredentialConnection],
  ...[listCredentials, createCredential, oneCredential],
]

/** What was said, to be looked up. */
export const recordEndpoints = [listCallEvents, listDeliveries, oneDelivery]
