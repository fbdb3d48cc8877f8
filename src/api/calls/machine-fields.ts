// Answering machine detection of dial and transfer: parameters, with the published defaults.

import type { DialOptions, MachineDetectionOrder } from '../../ports/commands.ts'
import type { Problem } from '../problems.ts'
import { Type } from '../schema.ts'

type Mode = MachineDetectionOrder['mode'] | 'premium' | 'disabled'

/** After a verdict a beep is waited for so long; longer where the parameters say so (C108). */
const BEEP_LISTEN_MS = 30_000
const MILLIS_MAX = 300_000

function integer(byDefault: number, maximum: number, description: string) {
  return Type.Integer({ default: byDefault, minimum: 0, maximum, description })
}

const millis = (byDefault: number, description: string) =>
  integer(byDefault, MILLIS_MAX, description)

export const machineFields = {
  answering_machine_detection: Type.Enum(
    ['disabled', 'detect', 'detect_beep', 'detect_words', 'greeting_end', 'premium'],
    {
      default: 'disabled',
      description:
        'Tells who answered by `call.machine.detection.ended`, and, but for `detect`, when a machine has finished its greeting by `call.machine.greeting.ended`. `premium` is refused with code 10015.',
    },
  ),
  answering_machine_detection_config: Type.Optional(
    Type.Object(
      {
        total_analysis_time_millis: millis(3500, 'The verdict is given by then.'),
        after_greeting_silence_millis: millis(800, 'This silence after words is a human.'),
        between_words_silence_millis: millis(50, 'A shorter gap does not end a word.'),
        greeting_duration_millis: millis(3500, 'A longer greeting is a machine.'),
        initial_silence_millis: millis(3500, 'A longer silence before a word is a machine.'),
        maximum_number_of_words: integer(5, 10_000, 'More words are a machine.'),
        maximum_word_length_millis: millis(3500, 'A longer word is a machine.'),
        silence_threshold: integer(256, 32_767, 'Mean sample of 16 bits that is silence.'),
        greeting_total_analysis_time_millis: millis(
          5000,
          'How long the end of the greeting is waited for; of a beep, 30 s at the least.',
        ),
        greeting_silence_duration_millis: millis(1500, 'This silence ends the greeting.'),
      },
      { description: 'How voices and silences are judged.' },
    ),
  ),
}

interface MachineConfig {
  readonly total_analysis_time_millis: number
  readonly after_greeting_silence_millis: number
  readonly between_words_silence_millis: number
  readonly greeting_duration_millis: number
  readonly initial_silence_millis: number
  readonly maximum_number_of_words: number
  readonly maximum_word_length_millis: number
  readonly silence_threshold: number
  readonly greeting_total_analysis_time_millis: number
  readonly greeting_silence_duration_millis: number
}

export interface MachineParameters {
  readonly answering_machine_detection: Mode
  readonly answering_machine_detection_config?: MachineConfig
}

const published: MachineConfig = {
  total_analysis_time_millis: 3500,
  after_greeting_silence_millis: 800,
  between_words_silence_millis: 50,
  greeting_duration_millis: 3500,
  initial_silence_millis: 3500,
  maximum_number_of_words: 5,
  maximum_word_length_millis: 3500,
  silence_threshold: 256,
  greeting_total_analysis_time_millis: 5000,
  greeting_silence_duration_millis: 1500,
}

/** The premium kind understands words and tells more results, under other events: there is nothing of that here. */
export function machineProblems(body: MachineParameters): readonly Problem[] {
  if (body.answering_machine_detection !== 'premium') return []
  const detail =
    "'premium' needs a speech recogniser, which this server does not have; 'detect', 'detect_beep', 'detect_words' and 'greeting_end' are there."
  return [{ name: 'parameter-refused', detail, pointer: '/answering_machine_detection' }]
}

/** What the engine is asked for; nothing when nobody asks. */
export function machineOf(body: MachineParameters): Pick<DialOptions, 'machineDetection'> {
  const mode = body.answering_machine_detection
  if (mode === 'disabled' || mode === 'premium') return {}
  const config = { ...published, ...body.answering_machine_detection_config }
  const endMs = config.greeting_total_analysis_time_millis
  const greetingListenMs = mode === 'greeting_end' ? endMs : Math.max(BEEP_LISTEN_MS, endMs)
  const rules = {
    totalMs: config.total_analysis_time_millis,
    afterGreetingSilenceMs: config.after_greeting_silence_millis,
    betweenWordsMs: config.between_words_silence_millis,
    greetingMs: config.greeting_duration_millis,
    initialSilenceMs: config.initial_silence_millis,
    wordsMax: config.maximum_number_of_words,
    wordMsMax: config.maximum_word_length_millis,
    silenceThreshold: config.silence_threshold,
    greetingSilenceMs: config.greeting_silence_duration_millis,
  }
  return { machineDetection: { mode, greetingListenMs, rules } }
}
