import type { ServiceEvent } from './service-event.ts'

const CAPACITY = 512

export interface LogEntry extends ServiceEvent {
  readonly id: string
  readonly created: string
}

/** A log that drops its oldest entries when it is full. */
export class EventLog {
  #entries: LogEntry[] = []
  #nextId = 1

  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  get capacity(): number {
    return CAPACITY
  }

  add(event: ServiceEvent, created: string): void {
    this.#entries.push({ ...event, id: String(this.#nextId++), created })
    if (this.#entries.length > CAPACITY) this.#entries.shift()
  }

  clear(): void {
    this.#entries = []
  }
}
