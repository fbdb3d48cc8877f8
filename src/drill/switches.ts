// The faults that are switched on, in the order in which they were. One strike of one fault at a time: of two that fit,
// the older one strikes until it is used up.

import type { Fault, FaultOrder } from '../ports/lab.ts'

/** More is a mistake of a script. */
export const faultsMax = 100

interface Armed {
  readonly faultId: string
  readonly order: FaultOrder
  struck: number
}

export class FaultSwitches {
  readonly #onChange: (faults: FaultSwitches) => void
  #armed: Armed[] = []
  #count = 0

  /** `onChange`: something was switched on or off. */
  constructor(onChange: (faults: FaultSwitches) => void = () => undefined) {
    this.#onChange = onChange
  }

  /** The oldest makes room when there are too many. */
  add(order: FaultOrder): Fault {
    this.#count += 1
    const fault: Armed = { faultId: String(this.#count), order, struck: 0 }
    this.#armed = [...this.#armed, fault].slice(-faultsMax)
    this.#onChange(this)
    return { ...fault }
  }

  clear(): void {
    this.#armed = []
    this.#onChange(this)
  }

  list(): readonly Fault[] {
    return this.#armed.map((fault) => ({ ...fault }))
  }

  has(fits: (order: FaultOrder) => boolean): boolean {
    return this.#armed.some(({ order }) => fits(order))
  }

  /** The fault that strikes now, if any; one that has struck often enough is gone. */
  strike<O extends FaultOrder>(fits: (order: FaultOrder) => order is O): O | undefined {
    for (const fault of this.#armed) {
      const { order } = fault
      if (!fits(order)) continue
      fault.struck += 1
      if (fault.struck >= strikesMax(order)) {
        this.#armed = this.#armed.filter((one) => one !== fault)
      }
      return order
    }
    return undefined
  }
}

function strikesMax(order: FaultOrder): number {
  return order.kind === 'one-way-audio' ? Infinity : order.count
}
