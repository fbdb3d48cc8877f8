// The line of who waited in each of the last 60 minutes. Painted when its figures change, which is once a minute. The
// library that paints is loaded by the first line that is shown: pages without one are there sooner.
import { useEffect, useRef } from 'preact/hooks'
import type uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { isDark } from '../state/theme.ts'

export interface WaitingChartProps {
  /** One number for each minute, the oldest first. */
  readonly history: readonly number[]
  readonly heightPx: number
  readonly label: string
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function optionsOf(widthPx: number, heightPx: number): uPlot.Options {
  const line = colour(isDark.value ? '--line-dark' : '--line-light')
  return {
    width: widthPx,
    height: heightPx,
    padding: [4, 0, 2, 0],
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(4, max)] } },
    series: [{}, { stroke: line, fill: `${line}2e`, width: 2, points: { show: false } }],
  }
}

/** Each is painted in a moment of its own: many at once would hold up the page. */
let before: Promise<unknown> = Promise.resolve()

function library() {
  const mine = before.then(async () => {
    await new Promise((resolve) => setTimeout(resolve))
    return import('uplot')
  })
  before = mine.catch(() => undefined) // Without lines the figures are there all the same.
  return mine
}

function dataOf(history: readonly number[]): uPlot.AlignedData {
  return [history.map((_, minute) => minute), [...history]]
}

export function WaitingChart({ history, heightPx, label }: WaitingChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const dark = isDark.value
  const key = history.join(',')
  const latest = useRef(history)
  latest.current = history

  useEffect(() => {
    const element = place.current
    if (element === null) return
    let end = (): void => undefined
    let closed = false
    void library().then(
      ({ default: Plot }) => {
        if (closed) return
        const plot = new Plot(
          optionsOf(element.clientWidth || 200, heightPx),
          dataOf(latest.current),
          element,
        )
        chart.current = plot
        const resized = new ResizeObserver(() => {
          const width = element.clientWidth
          if (width > 0 && width !== plot.width) plot.setSize({ width, height: heightPx })
        })
        resized.observe(element)
        end = () => {
          resized.disconnect()
          plot.destroy()
        }
      },
      () => undefined,
    )
    return () => {
      closed = true
      chart.current = undefined
      end()
    }
  }, [heightPx, dark])

  useEffect(() => {
    chart.current?.setData(dataOf(history))
  }, [key, heightPx, dark])

  const most = Math.max(0, ...history)
  return (
    <div
      class="chart"
      ref={place}
      role="img"
      aria-label={`${label}: at most ${most} in the last hour`}
    />
  )
}
