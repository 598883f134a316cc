/** Anything that an abort ends. */
export interface Abortable {
  onAbort(): void
}

/** One listener for each signal: a signal's own list of listeners is searched through for every listener added. */
export class AbortWatch {
  readonly #watched = new Map<AbortSignal, Set<Abortable>>()

  add(signal: AbortSignal, one: Abortable): void {
    const all = this.#watched.get(signal) ?? this.#listen(signal)
    all.add(one)
  }

  remove(signal: AbortSignal, one: Abortable): void {
    const all = this.#watched.get(signal)
    if (all?.delete(one) !== true || all.size > 0) return
    this.#watched.delete(signal)
    signal.removeEventListener('abort', this.#onAbort)
  }

  #listen(signal: AbortSignal): Set<Abortable> {
    const all = new Set<Abortable>()
    this.#watched.set(signal, all)
    signal.addEventListener('abort', this.#onAbort)
    return all
  }

  readonly #onAbort = (event: Event): void => {
    for (const one of [...(this.#watched.get(event.target as AbortSignal) ?? [])]) one.onAbort()
  }
}
