// The line of who waited in each of the last 60 minutes. Painted when its figures change, which is once a minute.
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
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

export function WaitingChart({ history, heightPx, label }: WaitingChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | undefined>(undefined)
  const dark = isDark.value
  const key = history.join(',')

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const plot = new uPlot(optionsOf(element.clientWidth || 200, heightPx), [[], []], element)
    chart.current = plot
    const resized = new ResizeObserver(() => {
      const width = element.clientWidth
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: heightPx })
    })
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
      chart.current = undefined
    }
  }, [heightPx, dark])

  useEffect(() => {
    chart.current?.setData([history.map((_, index) => index), [...history]])
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
