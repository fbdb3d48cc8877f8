import { test } from 'node:test'
import assert from 'node:assert/strict'
import { classify, sine } from './goertzel.ts'
import { Mixer } from './mixer.ts'
import type { MixParty } from './mixer.ts'

/** Runs `ticks` frames of each party's tone and returns what each heard. */
function run(mixer: Mixer, parties: readonly (readonly [MixParty, number])[], ticks: number) {
  const heard = parties.map(() => new Int16Array(ticks * 160))
  const tones = parties.map(([, hz]) => sine(hz, ticks * 20, 5000))
  for (let tick = 0; tick < ticks; tick++) {
    parties.forEach(([party, hz], i) => {
      if (hz > 0) mixer.offer(party, tones[i]!.subarray(tick * 160, tick * 160 + 160))
    })
    mixer.tick()
    parties.forEach(([party], i) => heard[i]!.set(mixer.output(party), tick * 160))
  }
  return heard
}

function biggestStep(samples: Int16Array): number {
  let biggest = 0
  for (let i = 1; i < samples.length; i++) {
    biggest = Math.max(biggest, Math.abs(samples[i]! - samples[i - 1]!))
  }
  return biggest
}

test('everybody hears all the others and not themselves', () => {
  const mixer = new Mixer()
  const a = mixer.join(true, true)
  const b = mixer.join(true, true)
  const listener = mixer.join(true, true)
  const heard = run(
    mixer,
    [
      [a, 500],
      [b, 1000],
      [listener, 0],
    ],
    10,
  )
  assert.deepEqual(classify(heard[0]!.subarray(800)), { kind: 'tone', hz: 1000 })
  assert.deepEqual(classify(heard[1]!.subarray(800)), { kind: 'tone', hz: 500 })
  assert.equal(classify(heard[2]!.subarray(800)).kind, 'mix')
  assert.equal(mixer.output(listener), mixer.common)
})

test('mute and deafness', () => {
  const mixer = new Mixer()
  const a = mixer.join(false, true)
  const b = mixer.join(true, false)
  const c = mixer.join(true, true)
  const heard = run(
    mixer,
    [
      [a, 500],
      [b, 1000],
      [c, 0],
    ],
    10,
  )
  assert.deepEqual(classify(heard[0]!.subarray(800)), { kind: 'tone', hz: 1000 })
  assert.deepEqual(classify(heard[1]!), { kind: 'silence' })
  assert.deepEqual(classify(heard[2]!.subarray(800)), { kind: 'tone', hz: 1000 })
  assert.equal(mixer.output(b), mixer.silence)
})

test('loud parties are clamped, not wrapped', () => {
  const mixer = new Mixer()
  const loud = Int16Array.from({ length: 160 }, (_, i) => (i < 80 ? 30000 : -30000))
  const parties = [mixer.join(true, true), mixer.join(true, true)]
  const listener = mixer.join(true, true)
  for (let tick = 0; tick < 2; tick++) {
    for (const party of parties) mixer.offer(party, loud)
    mixer.tick()
  }
  assert.equal(mixer.output(listener)[60], 32767)
  assert.equal(mixer.output(listener)[120], -32768)
})

test('loud parties are clamped for those who speak themselves, too', () => {
  const mixer = new Mixer()
  const parties = [mixer.join(true, true), mixer.join(true, true), mixer.join(true, true)]
  for (let tick = 0; tick < 2; tick++) {
    for (const party of parties) mixer.offer(party, new Int16Array(160).fill(30_000))
    mixer.tick()
  }
  for (const party of parties)
    assert.deepEqual(mixer.output(party), new Int16Array(160).fill(32_767))
})

test('joining, muting, losing packets and leaving in the middle of a wave do not click', () => {
  const mixer = new Mixer()
  const listener = mixer.join(true, true)
  const speaker = mixer.join(true, true)
  const steady = Int16Array.from({ length: 160 }, () => 8000)
  const heard: number[] = []
  const tick = (offered: boolean) => {
    if (offered) mixer.offer(speaker, steady)
    mixer.tick()
    heard.push(...mixer.output(listener))
  }
  tick(true)
  tick(true)
  tick(false)
  tick(true)
  speaker.heard = false
  tick(true)
  tick(true)
  speaker.heard = true
  tick(true)
  mixer.leave(speaker)
  mixer.tick()
  heard.push(...mixer.output(listener))
  const samples = Int16Array.from(heard)
  assert.equal(Math.max(...samples), 8000)
  assert.ok(biggestStep(samples) <= 8000 / 40, `step ${biggestStep(samples)}`)
  assert.equal(samples.at(-1), 0)
  assert.equal(mixer.size, 1)
})

test('a party that left is refused', () => {
  const mixer = new Mixer()
  const party = mixer.join(true, true)
  mixer.leave(party)
  assert.throws(() => mixer.output(party), /not in this mix/)
})

test('a whisper is heard by its audience alone, and the whisperer hears all', () => {
  const mixer = new Mixer()
  const agent = mixer.join(true, true)
  const caller = mixer.join(true, true)
  const silent = mixer.join(true, true)
  const coach = mixer.join(true, true)
  mixer.address(coach, [agent])
  const heard = run(
    mixer,
    [
      [agent, 500],
      [caller, 1000],
      [silent, 0],
      [coach, 1700],
    ],
    20,
  )
  assert.deepEqual(names(heard), ['1000+1700', '500', '500+1000', '500+1000'])
  mixer.address(coach, [silent, caller])
  const later = run(
    mixer,
    [
      [agent, 500],
      [caller, 1000],
      [silent, 0],
      [coach, 1700],
    ],
    20,
  )
  assert.deepEqual(names(later), ['1000', '500+1700', '500+1000+1700', '500+1000'])
  mixer.address(coach, undefined)
  const open = run(
    mixer,
    [
      [agent, 500],
      [caller, 1000],
      [silent, 0],
      [coach, 1700],
    ],
    20,
  )
  assert.deepEqual(names(open), ['1000+1700', '500+1700', '500+1000+1700', '500+1000'])
})

test('a whisper to nobody, or to somebody who left, is heard by nobody', () => {
  const mixer = new Mixer()
  const a = mixer.join(true, true)
  const b = mixer.join(true, true)
  const coach = mixer.join(true, true)
  mixer.address(coach, [a, coach])
  mixer.leave(a)
  const heard = run(
    mixer,
    [
      [b, 0],
      [coach, 1700],
    ],
    20,
  )
  assert.ok(heard.every((samples) => samples.every((sample) => sample === 0)))
  assert.equal(coach.level, 0)
})

test('two whisper to the same leg: it hears both, they do not hear each other', () => {
  const mixer = new Mixer()
  const agent = mixer.join(true, true)
  const one = mixer.join(true, true)
  const two = mixer.join(true, true)
  mixer.address(one, [agent])
  mixer.address(two, [agent])
  const heard = run(
    mixer,
    [
      [agent, 0],
      [one, 500],
      [two, 1700],
    ],
    20,
  )
  assert.deepEqual(names(heard), ['500+1700', 'silence', 'silence'])
})

test('what is added is heard by all, speakers and listeners, and by nobody who is deaf', () => {
  const mixer = new Mixer()
  const speaker = mixer.join(true, true)
  const listener = mixer.join(true, true)
  const deaf = mixer.join(true, false)
  const tone = sine(700, 400)
  const heard = [speaker, listener, deaf].map(() => new Int16Array(20 * 160))
  for (let tick = 0; tick < 20; tick++) {
    mixer.add(tone.subarray(tick * 160, tick * 160 + 160))
    mixer.tick()
    ;[speaker, listener, deaf].forEach((party, i) => heard[i]!.set(mixer.output(party), tick * 160))
  }
  mixer.tick()
  assert.deepEqual(names(heard), ['700', '700', 'silence'])
  assert.ok(
    mixer.output(listener).every((sample) => sample === 0),
    'it was for one tick only',
  )
})

/** What each heard after the first 100 ms. */
function names(heard: readonly Int16Array[]): string[] {
  return heard.map((samples) => {
    const sound = classify(samples.subarray(800, 1600))
    if (sound.kind === 'tone') return String(Math.round(sound.hz / 20) * 20)
    return sound.kind === 'mix'
      ? sound.hz.map((hz) => Math.round(hz / 20) * 20).join('+')
      : sound.kind
  })
}
