/** Lets one wait until a time or until it is woken. */
export class Waker {
  #isWoken = false
  #wake: (() => void) | undefined

  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  /** Until `untilMs` (milliseconds since 1970; absent: no end), until it is woken (also before), or until the signal. */
  async wait(untilMs: number | undefined, signal: AbortSignal): Promise<void> {
    // A longer timer would fire at once.
    const waitMs = untilMs === undefined ? undefined : Math.min(untilMs - Date.now(), 2 ** 31 - 1)
    if (!this.#isWoken && !signal.aborted && (waitMs === undefined || waitMs > 0)) {
      let timer: NodeJS.Timeout | undefined
      let wake: () => void = () => undefined
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      this.#wake = wake
      signal.addEventListener('abort', wake)
      if (waitMs !== undefined) timer = setTimeout(wake, waitMs)
      await woken
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
    }
    this.#wake = undefined
    this.#isWoken = false
  }
}
