// Pairs of state and input that no history can meet, each with the reason. A pair that is met all the same is reported:
// then either the reason is wrong or the call logic is.

import { legStateNames } from '../../src/calls/leg.ts'

type Where = readonly string[]

const answered: Where = ['parked', 'queued', 'bridged', 'in-conference']
const known: Where = legStateNames
const living: Where = ['ringing-in', 'dialing', ...answered]

/** In which states of a leg an input can arrive, and why nowhere else. Inputs that are not listed can arrive anywhere. */
const possible: Readonly<Record<string, readonly [Where, string]>> = {
  'sip incoming-call': [['unknown'], 'it makes the leg'],
  // A call that is refused has no leg, and its refusal waits for the commits before it: its caller may give up meanwhile.
  'sip leg-cancelled': [
    ['unknown', 'ringing-in', ...answered, 'ended'],
    'only who called can cancel',
  ],
  'sip leg-confirmed': [[...answered, 'ended'], 'an ACK answers our 200'],
  'sip leg-progress': [
    ['dialing', 'ended'],
    'SIP drops an 18x that comes after the final response',
  ],
  'sip leg-accepted': [['dialing', 'ended'], 'an INVITE of ours is accepted once'],
  'sip leg-refused': [['dialing', 'ended'], 'an INVITE of ours has one final response'],
  'sip leg-bye': [[...answered, 'ended'], 'a phone gives an unanswered call up with CANCEL'],
  'sip leg-lost': [[...answered, 'ended'], 'phones of the simulation do not require 100rel'],
  'sip leg-reoffered': [[...answered, 'ended'], 'phones make new offers in answered calls only'],
  'sip leg-reanswered': [[], 'phones of the simulation send no INVITE without an offer in a call'],
  'sip leg-info-dtmf': [[...answered, 'ended'], 'phones press keys in answered calls only'],
  'sip refer-progress': [[...answered, 'ended'], 'REFER is sent in answered calls only'],
  'sip refer-received': [[...answered, 'ended'], 'phones transfer answered calls only'],
  'media media-leg-created': [
    ['ringing-in', 'dialing', 'ended'],
    'a leg gets its ports before it can be answered',
  ],
  'media media-leg-refused': [known, 'a forgotten leg has no ports'],
  'media media-remote-refused': [
    ['dialing', ...answered, 'ended'],
    'who called has nothing to answer before our 200',
  ],
  'media reoffer-answered': [[...answered, 'ended'], 'new offers come in answered calls only'],
  'media reoffer-refused': [[...answered, 'ended'], 'new offers come in answered calls only'],
  'media media-dtmf': [known, 'a forgotten leg has no ports'],
  'media playback-started': [[...answered, 'ended'], 'nothing is played to an unanswered leg'],
  'media playback-ended': [[...answered, 'ended'], 'nothing is played to an unanswered leg'],
  'media machine-detected': [[...answered, 'ended'], 'listening begins with the answer'],
  'media machine-greeting-ended': [[...answered, 'ended'], 'listening begins with the answer'],
  'media mix-floor': [
    ['dialing', ...answered, 'ended'],
    'who is heard in a conference has answered, or is heard ringing there',
  ],
  'media rtp-silent': [known, 'a forgotten leg has no ports'],
  'media rtp-heard': [known, 'a forgotten leg has no ports'],
  'timer ring-limit': [['ringing-in'], 'disarmed by the answer and by the end'],
  'timer first-command': [['ringing-in'], 'disarmed by the first command and by the end'],
  'timer dial-timeout': [['dialing'], 'disarmed by the answer and by the end'],
  'timer time-limit': [answered, 'armed by the answer, disarmed by the end'],
  'timer gather': [answered, 'armed by a gather, disarmed by the end'],
  'timer detect-machine': [answered, 'armed by the answer, disarmed by the end'],
  'timer press-key': [answered, 'armed by keys that are sent, disarmed by the end'],
  'timer rtp-loss': [living, 'armed by silence, disarmed by the end'],
  'timer probe': [answered, 'armed for calls that go on after a start, disarmed by the end'],
  'timer max-wait': [['queued', 'ended'], 'disarmed with the place in line'],
  'timer forget-leg': [['ended'], 'armed by the end'],
  // An outcome can come a second time, after a repeat: the leg has gone on by then, and nothing awaits it any more.
  ...ofVerb('enqueue', [...answered, 'ended'], 'asked for answered legs'),
  ...ofVerb('claim-head', [...answered, 'ended'], 'asked by answered legs'),
  ...ofVerb('leave', [...answered, 'ended'], 'asked for legs in a queue and for kept places'),
  ...ofVerb('leave-both', [...answered, 'ended'], 'asked for two legs in queues'),
  ...ofVerb('end-entry', [...answered, 'ended'], 'asked for a leg in a queue'),
}

/** Which states of a leg a state of another machine goes with. */
const legStates: Readonly<Record<string, Where>> = {
  'bridge: alone': ['ringing-in', 'dialing', 'parked', 'queued', 'in-conference'],
  'bridge: issuer': ['bridged'],
  'bridge: other': ['bridged'],
  'bridge: intends': ['ringing-in', 'dialing', 'parked'],
  'bridge: awaited': ['ringing-in', 'dialing', 'parked', 'queued', 'in-conference'],
  'membership: outside': ['ringing-in', 'dialing', 'parked', 'queued', 'bridged'],
  'membership: hears and is heard': ['in-conference'],
  'membership: muted': ['in-conference'],
  'membership: held': ['in-conference'],
  'membership: held and muted': ['in-conference'],
  'membership: awaits start': ['in-conference'],
  'claim: free': living,
  'claim: claiming': answered,
  'claim: taken elsewhere': ['queued'],
  'claim: end waits': answered,
  'audio: idle': living,
  'audio: idle over music': ['in-conference'],
  'audio: loading': answered,
  'audio: playing': answered,
}

/** Pairs of single machines. */
const alone: Readonly<Record<string, string>> = {
  'conference: completed < timer conference-expiry': 'disarmed by the end',
  'conference: unknown < timer conference-expiry': 'disarmed by the end',
  'conference: init < timer conference-forget': 'armed by the end',
  'conference: in_progress < timer conference-forget': 'armed by the end',
  'conference: unknown < timer conference-forget': 'it is what forgets',
}

/** Why this pair cannot be met; undefined: it can. */
export function impossible(machine: string, state: string, input: string): string | undefined {
  const single = alone[`${machine}: ${state} < ${input}`]
  if (single !== undefined) return single
  // What is said of the states of legs says nothing about those of a conference.
  if (machine === 'conference') return undefined
  const rule = possible[input]
  if (rule === undefined) return undefined
  const [where, why] = rule
  const states = machine === 'leg' ? [state] : (legStates[`${machine}: ${state}`] ?? [])
  return states.some((one) => where.includes(one)) ? undefined : why
}

function ofVerb(verb: string, where: Where, why: string): Record<string, readonly [Where, string]> {
  const kinds = ['enqueued', 'claimed', 'left', 'left-both', 'kept', 'refused', 'unknown']
  return Object.fromEntries(kinds.map((kind) => [`store ${verb} ${kind}`, [where, why] as const]))
}
