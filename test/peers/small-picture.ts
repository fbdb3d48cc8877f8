// Pictures of pages in few bytes: at most 256 colours, which pages hardly exceed, make a PNG of a third of the size.
import { crc32, deflateSync } from 'node:zlib'
import type { Page } from 'playwright-core'

const coloursMax = 256

interface Pixels {
  readonly width: number
  readonly height: number
  /** 0xrrggbb, row by row. */
  readonly colours: Uint32Array
}

/** The page as it is on the screen, as a PNG with a palette. */
export async function smallPicture(page: Page): Promise<Buffer> {
  const full = await page.screenshot()
  const blank = await page.context().newPage()
  try {
    const { width, height, text } = await blank.evaluate<{
      width: number
      height: number
      text: string
    }>(`(async () => {
      const image = new Image()
      image.src = 'data:image/png;base64,${full.toString('base64')}'
      await image.decode()
      const { width, height } = image
      const canvas = new OffscreenCanvas(width, height).getContext('2d')
      canvas.drawImage(image, 0, 0)
      const { data } = canvas.getImageData(0, 0, width, height)
      let text = ''
      for (let at = 0; at < data.length; at += 32768)
        text += String.fromCharCode(...data.subarray(at, at + 32768))
      return { width, height, text: btoa(text) }
    })()`)
    const bytes = Buffer.from(text, 'base64')
    const colours = Uint32Array.from({ length: width * height }, (_, at) =>
      bytes.readUIntBE(at * 4, 3),
    )
    return encoded({ width, height, colours })
  } finally {
    await blank.close()
  }
}

/** PNG with colour type 3 (ISO/IEC 15948). */
function encoded({ width, height, colours }: Pixels): Buffer {
  const { palette, indexOf } = paletteOf(colours)
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + x + 1] = indexOf.get(colours[y * width + x] ?? 0) ?? 0
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const entries = Buffer.alloc(palette.length * 3)
  palette.forEach((colour, index) => entries.writeUIntBE(colour, index * 3, 3))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('PLTE', entries),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The most frequent colours; each other one becomes the nearest of them. */
function paletteOf(colours: Uint32Array): {
  readonly palette: readonly number[]
  readonly indexOf: ReadonlyMap<number, number>
} {
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const all = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour)
  const palette = all.slice(0, coloursMax)
  const indexOf = new Map(palette.map((colour, index) => [colour, index]))
  for (const colour of all.slice(coloursMax)) {
    const nearest = palette.reduce((best, one) =>
      distance(one, colour) < distance(best, colour) ? one : best,
    )
    indexOf.set(colour, indexOf.get(nearest) ?? 0)
  }
  return { palette, indexOf }
}

function distance(a: number, b: number): number {
  const part = (shift: number): number => ((a >> shift) & 255) - ((b >> shift) & 255)
  return part(16) ** 2 + part(8) ** 2 + part(0) ** 2
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)])
}
