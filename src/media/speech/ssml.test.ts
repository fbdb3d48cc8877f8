import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSsml } from './ssml.ts'

/** Words as text (with another rate behind a bar), pauses as numbers. */
function read(text: string, english = true): readonly (string | number)[] {
  const made = readSsml(text, english)
  assert.ok(made.ok, made.ok ? '' : made.why)
  return made.value.map((piece) => {
    if (piece.kind === 'pause') return piece.ms
    return piece.rate === 1 ? piece.text : `${piece.text}|${Number(piece.rate.toFixed(3))}`
  })
}

function fault(text: string): string {
  const made = readSsml(text, true)
  assert.ok(!made.ok, 'taken')
  return made.why
}

test('text, sentences and paragraphs', () => {
  assert.deepEqual(read('<speak>Hello there.  You are next.</speak>'), [
    'Hello there.',
    'You are next.',
  ])
  assert.deepEqual(read('<speak><p>One</p><p><s>Two</s><s>three</s></p></speak>'), [
    ...['One', 400, 'Two', 'three', 400],
  ])
  assert.deepEqual(read('<?xml version="1.0"?>\n<!-- x -->\n<speak version="1.1">Hi</speak>\n'), [
    'Hi',
  ])
})

test('breaks by time and by strength; none is none; long ones are cut', () => {
  const pauses = (attributes: string): readonly (string | number)[] =>
    read(`<speak>a<break${attributes}/>b</speak>`).filter((one) => typeof one === 'number')
  assert.deepEqual(pauses(''), [400])
  assert.deepEqual(pauses(' time="250ms"'), [250])
  assert.deepEqual(pauses(" time='1.5s'"), [1500])
  assert.deepEqual(pauses(' time="60s"'), [10_000])
  assert.deepEqual(pauses(' strength="x-strong"'), [1000])
  assert.deepEqual(pauses(' strength="none"'), [])
  assert.match(fault('<speak><break time="soon"/></speak>'), /<break> needs a time/)
  assert.match(fault('<speak><break strength="hasOwnProperty"/></speak>'), /<break> needs/)
})

test('rates by name, of the normal one, and relative; they multiply and are bounded', () => {
  const rated = (rate: string): readonly (string | number)[] =>
    read(`<speak>a <prosody rate="${rate}">b</prosody> c</speak>`)
  assert.deepEqual(rated('slow'), ['a', 'b|0.75', 'c'])
  assert.deepEqual(rated('80%'), ['a', 'b|0.8', 'c'])
  assert.deepEqual(rated('+20%'), ['a', 'b|1.2', 'c'])
  assert.deepEqual(rated('-20%'), ['a', 'b|0.8', 'c'])
  assert.deepEqual(rated('999%'), ['a', 'b|3', 'c'])
  assert.deepEqual(rated('-200%'), ['a', 'b|0.4', 'c'])
  assert.deepEqual(
    read('<speak><prosody rate="50%"><prosody rate="fast">b</prosody></prosody></speak>'),
    ['b|0.625'],
  )
  assert.deepEqual(read('<speak><prosody volume="loud" pitch="+5%">b</prosody></speak>'), ['b'])
  assert.match(fault('<speak><prosody rate="quick">b</prosody></speak>'), /<prosody> needs a rate/)
})

test('say-as spells, reads digits and telephone numbers; others are read as they are', () => {
  const said = (how: string, text: string, english = true): string | number | undefined =>
    read(`<speak><say-as interpret-as="${how}">${text}</say-as></speak>`, english)[0]
  assert.equal(said('digits', '12-3'), '1, 2, 3')
  assert.equal(said('characters', 'Ab7'), 'ay, bee, 7')
  assert.equal(said('spell-out', 'ab', false), 'a, b')
  assert.equal(said('telephone', '+15550100'), 'plus 1 5 5, 5, 0 1 0 0')
  assert.equal(said('telephone', '555-0100'), '5 5 5, 0 1 0 0')
  assert.equal(said('date', '2026'), '2026')
  assert.deepEqual(read('<speak>a<say-as interpret-as="digits">12</say-as>b</speak>'), ['a 1, 2 b'])
})

test('sub says its alias; unknown elements keep their text; comments and CDATA', () => {
  assert.deepEqual(read('<speak><sub alias="World Wide Web">WWW</sub> site</speak>'), [
    'World Wide Web site',
  ])
  const inner = '<emphasis level="strong">very</emphasis> <amazon:effect x="1">good</amazon:effect>'
  assert.deepEqual(read(`<speak>${inner}<!-- not this --> <![CDATA[a < b & c]]></speak>`), [
    'very good a < b & c',
  ])
  assert.deepEqual(
    read('<speak><say-as interpret-as="digits">1<sub alias="9">2</sub></say-as></speak>'),
    ['1, 2'],
  )
})

test('entities', () => {
  assert.deepEqual(read('<speak>Smith &amp; Sons &#60;3&#x3E; &quot;x&apos;</speak>'), [
    'Smith & Sons <3> "x\'',
  ])
  for (const bad of ['&', '& co', '&nbsp;', '&amp', '&#0;', '&#xD800;', '&#x110000;', '&toString;'])
    assert.match(fault(`<speak>${bad}</speak>`), /begins no entity \(character 8\)/, bad)
})

test('what is not well-formed is refused, and where', () => {
  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /no <speak>/],
    ['Hello', /text outside of <speak>/],
    ['<p>Hello</p>', /root element must be <speak>/],
    ['<speak>Hello', /<speak> is not closed/],
    ['<speak><p>Hello</speak>', /<\/speak> closes nothing/],
    ['<speak>Hello</speak></speak>', /closes nothing/],
    ['<speak>a</speak><speak>b</speak>', /more than one root/],
    ['<speak>a</speak> b', /text outside/],
    ['<speak>a < b</speak>', /not well-formed markup \(character 10\)/],
    ['<speak><break time=1s/></speak>', /not well-formed/],
    ['<speak><break time="1s" time="2s"/></speak>', /twice/],
    ['<speak><!-- a </speak>', /not well-formed/],
    ['<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>', /not well-formed/],
    [`<speak>${'<p>'.repeat(40)}${'</p>'.repeat(40)}</speak>`, /deeper than 32/],
    ['<![CDATA[a]]><speak>b</speak>', /text outside/],
  ]
  for (const [text, why] of bad) assert.match(fault(text), why, text)
})

test('three thousand hostile characters take no time to speak of', () => {
  for (const part of ['<', '<a ', '<a b="', '&', '<!--', '&#', '</', '<a b="c" '])
    readSsml(`<speak>${part.repeat(3000 / part.length)}`, true)
})
