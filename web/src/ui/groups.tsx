// A list of any length, drawn in groups: those on the screen or close to it, the others as empty room of their size. So a
// thousand rows are as cheap as thirty, and rows may be as tall as they like.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export interface GroupsProps<T> {
  readonly items: readonly T[]
  readonly perGroup: number
  /** About how tall a group is that was never drawn. */
  readonly guessPx: number
  /** Draws the items of one group, `from` is the first one's place in the whole list. */
  readonly draw: (items: readonly T[], from: number) => ComponentChildren
}

export function Groups<T>({ items, perGroup, guessPx, draw }: GroupsProps<T>) {
  const starts = Array.from({ length: Math.ceil(items.length / perGroup) }, (_, n) => n * perGroup)
  return starts.map((from) => {
    const mine = items.slice(from, from + perGroup)
    const px = Math.ceil((guessPx * mine.length) / perGroup)
    return (
      <Group key={from} guessPx={px}>
        {() => draw(mine, from)}
      </Group>
    )
  })
}

interface GroupProps {
  readonly guessPx: number
  readonly children: () => ComponentChildren
}

function Group({ guessPx, children }: GroupProps) {
  const place = useRef<HTMLDivElement>(null)
  const [{ isSeen, heightPx }, setSeen] = useState({ isSeen: false, heightPx: 0 })
  useEffect(() => {
    const element = place.current
    if (element === null) return
    return watchPlace(element, (seen) => setSeen({ isSeen: seen, heightPx: element.offsetHeight }))
  }, [])
  const height = heightPx === 0 ? guessPx : heightPx
  return (
    <div class="group" ref={place} style={isSeen ? { height: '' } : { height: `${height}px` }}>
      {isSeen ? children() : null}
    </div>
  )
}

const watched = new WeakMap<Element, (isSeen: boolean) => void>()
let observer: IntersectionObserver | undefined

/** Returns the function that ends it. */
function watchPlace(element: Element, onChange: (isSeen: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting)
    },
    { rootMargin: '150px' },
  )
  watched.set(element, onChange)
  observer.observe(element)
  return () => observer?.unobserve(element)
}
