// Every target, by name. A target is made when it is used: some open an API or a decoder.

import { audioTarget } from './audio.ts'
import { configTarget } from './config.ts'
import { challengeTarget, credentialsTarget } from './digest.ts'
import { egressTarget } from './egress.ts'
import { framingTarget } from './framing.ts'
import { httpApiTarget } from './http-api.ts'
import { multipartTarget } from './multipart.ts'
import { rtcpTarget, rtpTarget, telephoneEventTarget } from './rtp.ts'
import { sdpTarget } from './sdp.ts'
import { sipMessageTarget } from './sip-message.ts'
import { uriTarget } from './uri.ts'
import type { FuzzTarget } from '../target.ts'

export const targets: Readonly<Record<string, () => FuzzTarget>> = {
  'sip-message': sipMessageTarget,
  uri: uriTarget,
  'tcp-framing': framingTarget,
  multipart: multipartTarget,
  'digest-credentials': credentialsTarget,
  'digest-challenge': challengeTarget,
  sdp: sdpTarget,
  rtp: rtpTarget,
  rtcp: rtcpTarget,
  'telephone-event': telephoneEventTarget,
  'http-api': httpApiTarget,
  config: configTarget,
  'webhook-url': egressTarget,
  audio: audioTarget,
}
