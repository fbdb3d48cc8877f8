// A leg's figures out of the table that the media thread fills, in the two shapes that they are asked for.

import type { MediaQuality } from '../../ports/media-engine.ts'
import type { MediaFigures } from '../../ports/media-figures.ts'
import { estimateMos } from '../rtp/mos.ts'
import { LegColumn } from './quality-table.ts'
import type { QualityTable } from './quality-table.ts'

/** As they are now; `slot` is the leg's row. */
export function figuresOf(table: QualityTable, slot: number, codec: string): MediaFigures {
  const read = (column: number): number => table.get(slot, column)
  const packetsIn = read(LegColumn.inPackets)
  const lostIn = read(LegColumn.lost)
  const lossShare = packetsIn + lostIn === 0 ? 0 : lostIn / (packetsIn + lostIn)
  const jitterMs = read(LegColumn.jitterMs)
  return {
    ...{ codec, packetsIn, lostIn, jitterMs },
    jitterMaxMs: read(LegColumn.jitterMaxMs),
    mos: estimateMos(lossShare, jitterMs),
    packetsOut: read(LegColumn.outPackets),
    skippedOut: read(LegColumn.outSkipped),
    levelIn: read(LegColumn.levelIn) || undefined,
    levelOut: read(LegColumn.levelOut) || undefined,
  }
}

/** For the event that ends a call. */
export function qualityOf(table: QualityTable, slot: number, codec: string): MediaQuality {
  const figures = figuresOf(table, slot, codec)
  return {
    codec,
    inbound: {
      packets: figures.packetsIn,
      lostPackets: figures.lostIn,
      jitteryPackets: table.get(slot, LegColumn.jittery),
      jitterMaxMs: figures.jitterMaxMs,
      mos: figures.mos,
    },
    outbound: { packets: figures.packetsOut, skippedPackets: figures.skippedOut },
  }
}
