// The live table: redrawn in place on a terminal, a line now and then elsewhere.

export interface Figures {
  readonly waiting: number
  readonly longestWaitMs: number
  readonly talking: number
  readonly answered: number
  readonly abandoned: number
  readonly toCome: number
  readonly webhooks: number
}

const lineEveryMs = 2_000

export class Table {
  readonly #terminal = process.stdout.isTTY
  #drawn = false
  #lastLineMs = 0

  show(figures: Figures, nowMs: number): void {
    if (this.#terminal) {
      if (this.#drawn) process.stdout.write('\x1b[2A')
      process.stdout.write(`\x1b[2K${header}\n\x1b[2K${row(figures)}\n`)
      this.#drawn = true
      return
    }
    if (nowMs - this.#lastLineMs < lineEveryMs) return
    if (this.#lastLineMs === 0) console.log(header)
    this.#lastLineMs = nowMs
    console.log(row(figures))
  }
}

const header = ' waiting  longest wait  talking  answered  abandoned  to come  webhooks'

function row(figures: Figures): string {
  const wait = `${(figures.longestWaitMs / 1000).toFixed(1)} s`
  return [
    cell(figures.waiting, 8),
    cell(wait, 14),
    cell(figures.talking, 9),
    cell(figures.answered, 10),
    cell(figures.abandoned, 11),
    cell(figures.toCome, 9),
    cell(figures.webhooks, 10),
  ].join('')
}

function cell(value: number | string, width: number): string {
  return String(value).padStart(width)
}
