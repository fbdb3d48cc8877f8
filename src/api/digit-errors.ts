// The entries of the error catalogue about keys, asked for and sent. errors.ts takes them in and checks their shape.

const entry = (code: string, name: string, must: string, meaning: string, remedy: string) => ({
  status: 422 as const,
  code,
  title: `Invalid value for ${name}`,
  detail: `The '${name}' parameter ${must}.`,
  meaning,
  remedy,
})

const between = (code: string, name: string, least: number, most: number) =>
  entry(
    code,
    name,
    `must be an integer between ${least} and ${most}`,
    `Bad \`${name}\`.`,
    `Use ${least} to ${most}.`,
  )

export const digitErrors = {
  'terminating-digit-invalid': entry(
    ...(['90007', 'terminating_digit', 'must be one of 0-9, A-D, * and #, or empty'] as const),
    ...(['Bad `terminating_digit`.', 'Use one key, or an empty text for none.'] as const),
  ),
  'valid-digits-invalid': entry(
    ...(['90008', 'valid_digits', 'must hold 1 to 16 of 0-9, A-D, * and #'] as const),
    ...(['Bad `valid_digits`.', 'List the keys, such as `123`.'] as const),
  ),
  'digits-invalid': entry(
    ...(['90014', 'digits', 'must hold 1 to 100 of 0-9, A-D, *, #, w and W'] as const),
    ...(['Bad `digits`.', 'Send keys; `w` waits half a second, `W` a second.'] as const),
  ),
  'minimum-digits-invalid': {
    ...between('90022', 'minimum_digits', 1, 128),
    meaning: 'Bad `minimum_digits`, or more than `maximum_digits`.',
  },
  'maximum-digits-invalid': between('90023', 'maximum_digits', 1, 128),
  'maximum-tries-invalid': between('90024', 'maximum_tries', 1, 128),
  'timeout-millis-invalid': between('90025', 'timeout_millis', 1, 120_000),
  'inter-digit-timeout-invalid': between('90026', 'inter_digit_timeout_millis', 1, 120_000),
  'duration-millis-invalid': between('90027', 'duration_millis', 100, 500),
  'initial-timeout-invalid': between('90056', 'initial_timeout_millis', 1, 120_000),
} as const
