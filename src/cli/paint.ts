// Colours, for terminals only: in a pipe or a file every text stays as it is.

import { styleText } from 'node:util'

type Style = (text: string) => string

export interface Paint {
  readonly bold: Style
  readonly dim: Style
  readonly red: Style
  readonly green: Style
  readonly yellow: Style
  readonly cyan: Style
  readonly magenta: Style
}

export function createPaint(inColour: boolean): Paint {
  const styled = (style: keyof Paint): Style =>
    inColour ? (text) => styleText(style, text, { validateStream: false }) : (text) => text
  return {
    bold: styled('bold'),
    dim: styled('dim'),
    red: styled('red'),
    green: styled('green'),
    yellow: styled('yellow'),
    cyan: styled('cyan'),
    magenta: styled('magenta'),
  }
}

/** `NO_COLOR` (no-color.org) and `--no-color` win over a terminal. */
export function wantsColour(
  isTerminal: boolean,
  asked: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return asked && isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}
