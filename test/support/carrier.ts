// A carrier for tests: a phone on a known port that asks for digest credentials before it takes a call.
import type { Phone } from '../../src/lab/phone.ts'
import { createClock } from '../../src/platform/clock.ts'
import { createRandom } from '../../src/platform/random.ts'
import { Nonces } from '../../src/sip/auth/nonce.ts'
import { DigestServer, type UserSecret } from '../../src/sip/auth/server.ts'
import { tagOf } from '../../src/sip/message/headers/name-addr.ts'

/** Makes `phone` answer every new INVITE without right credentials of `user` with 407; counts what it let in. */
export function demandDigest(phone: Phone, realm: string, user: UserSecret): { letIn: number } {
  const random = createRandom()
  const nonces = new Nonces({ clock: createClock(), random, secret: random.bytes(32) })
  const digest = new DigestServer(realm, [user], nonces)
  const seen = { letIn: 0 }
  const onRequest = phone.onRequest.bind(phone)
  phone.onRequest = (transaction) => {
    const { request } = transaction
    const fresh = request.method === 'INVITE' && tagOf(request.headers.first('To')) === undefined
    if (!fresh) return onRequest(transaction)
    if (digest.verify(request).kind === 'ok') {
      seen.letIn += 1
      return onRequest(transaction)
    }
    const headers = digest
      .challenges(user.username, false)
      .map((value) => ['Proxy-Authenticate', value] as const)
    transaction.respond({ status: 407, headers }, random.token(10))
    return {}
  }
  return seen
}
