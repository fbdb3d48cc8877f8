// One figure of the wallboard. The level is told by colour, by a symbol and to screen readers by a word.
import type { ComponentChildren } from 'preact'
import type { Tile } from '../model/tiles.ts'
import { levelMarks } from '../model/thresholds.ts'
import type { Level } from '../model/thresholds.ts'

export function LevelMark({ level }: { readonly level: Level }) {
  const { symbol, word } = levelMarks[level]
  if (symbol === '') return null
  return (
    <span class={`mark ${level}`}>
      <span aria-hidden="true">{symbol}</span>
      <span class="unseen">{word}</span>
    </span>
  )
}

export interface TileProps {
  readonly tile: Tile
  readonly children?: ComponentChildren
}

export function TileCard({ tile, children }: TileProps) {
  const { id, label, value, detail, level } = tile
  return (
    <div class={`tile ${level}`} data-tile={id} data-level={level}>
      <dt>
        {label} <LevelMark level={level} />
      </dt>
      <dd>
        <span class="figure">{value}</span>
        <span class="detail">{detail}</span>
        {children}
      </dd>
    </div>
  )
}
