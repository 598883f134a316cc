export interface HeapTimer {
  readonly dueMs: number
  /** Of those that are due at the same time the lowest goes first. */
  readonly order: number
  /** Undefined once it has run or was cancelled. */
  callback: (() => void) | undefined
}

/** Timers by due time, then by order. Cancelled ones are dropped when they come to the top, or are more than half of all. */
export class TimerHeap {
  #timers: HeapTimer[] = []
  #size = 0

  /** Timers that are neither cancelled nor taken. */
  get size(): number {
    return this.#size
  }

  add(timer: HeapTimer): void {
    this.#size++
    this.#timers.push(timer)
    this.#rise(this.#timers.length - 1)
  }

  cancel(timer: HeapTimer): void {
    if (timer.callback === undefined) return
    timer.callback = undefined
    this.#size--
    if (this.#timers.length < 64 || this.#size * 2 > this.#timers.length) return
    // A sorted list is a heap.
    this.#timers = this.#timers.filter(({ callback }) => callback !== undefined).sort(compare)
  }

  /** The first timer; undefined where there is none. */
  first(): HeapTimer | undefined {
    for (let top = this.#timers[0]; top !== undefined; top = this.#timers[0]) {
      if (top.callback !== undefined) return top
      this.#dropTop()
    }
    return undefined
  }

  #rise(index: number): void {
    const timers = this.#timers
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1
      if (compare(timers[parent] as HeapTimer, timers[at] as HeapTimer) <= 0) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #dropTop(): void {
    const timers = this.#timers
    const last = timers.pop() as HeapTimer
    if (timers.length === 0) return
    timers[0] = last
    for (let at = 0; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < timers.length && compare(timers[child] as HeapTimer, timers[least] as HeapTimer) < 0) least = child
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #swap(a: number, b: number): void {
    const timers = this.#timers
    const one = timers[a] as HeapTimer
    timers[a] = timers[b] as HeapTimer
    timers[b] = one
  }
}

function compare(a: HeapTimer, b: HeapTimer): number {
  return a.dueMs - b.dueMs || a.order - b.order
}
