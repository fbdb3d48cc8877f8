// First in, first out with ranks: every item gets the next free slot, a Fenwick tree counts the taken slots, and the
// slots are packed again when they run out. Append, remove, rank and item-at-rank are O(log n); packing is amortised.
// A linked list cannot tell a position, a sorted array cannot lose its head cheaply; both were the reason for this.

import { assert } from '../../base/assert.ts'

const slotsMin = 8

/** What a line needs of an item: a place to keep its slot, owned by the line. */
export interface Slotted {
  slot: number
}

export class Line<T extends Slotted> {
  #items: (T | undefined)[] = []
  #counts = new Int32Array(slotsMin + 1)
  #slotNext = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  append(item: T): void {
    if (this.#slotNext === this.#capacity) this.#pack()
    item.slot = this.#slotNext++
    this.#items[item.slot] = item
    this.#size++
    this.#add(item.slot, 1)
  }

  remove(item: T): void {
    assert(this.#items[item.slot] === item, 'the item is not in this line')
    this.#items[item.slot] = undefined
    this.#size--
    this.#add(item.slot, -1)
    if (this.#capacity > slotsMin && this.#size * 8 < this.#capacity) this.#pack()
  }

  /** Place of `item`, from 1. */
  position(item: T): number {
    assert(this.#items[item.slot] === item, 'the item is not in this line')
    let sum = 0
    for (let index = item.slot + 1; index > 0; index -= index & -index) sum += this.#counts[index]!
    return sum
  }

  /** The item at a place from 1, or undefined past the end. */
  at(position: number): T | undefined {
    if (position < 1 || position > this.#size) return undefined
    let index = 0
    let left = position
    for (let step = this.#capacity; step > 0; step >>= 1) {
      const next = index + step
      if (next > this.#capacity || this.#counts[next]! >= left) continue
      index = next
      left -= this.#counts[next]!
    }
    return this.#items[index]
  }

  get #capacity(): number {
    return this.#counts.length - 1
  }

  #add(slot: number, by: number): void {
    for (let index = slot + 1; index <= this.#capacity; index += index & -index) {
      this.#counts[index]! += by
    }
  }

  /** Capacity stays a power of two, and at least half of it is free afterwards. */
  #pack(): void {
    const items = this.#items.filter((item) => item !== undefined)
    let capacity = slotsMin
    while (capacity < items.length * 2) capacity *= 2
    this.#items = items
    this.#counts = new Int32Array(capacity + 1)
    this.#slotNext = items.length
    items.forEach((item, slot) => {
      item.slot = slot
    })
    for (let index = 1; index <= capacity; index++) {
      if (index <= items.length) this.#counts[index]! += 1
      const parent = index + (index & -index)
      if (parent <= capacity) this.#counts[parent]! += this.#counts[index]!
    }
  }
}
