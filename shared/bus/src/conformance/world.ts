import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus, SubscribeOptions } from '../bus.ts'
import type { BusEvent } from '../bus-event.ts'

/** One bus as two programs see it; a driver that lives in one process gives the same object twice. */
export interface ConformanceWorld {
  readonly bus: Bus
  readonly peer: Bus
  /** No other case uses it: as a Type, as a durable name, as part of a subject. Letters, digits and `-`. */
  readonly name: string
}

/** One promise of `Bus`. Cases may share a bus; each closes what it opens, but for the bus. */
export interface ConformanceCase {
  readonly name: string
  run(world: ConformanceWorld): Promise<void>
}

let number = 0

export function eventOf(name: string, fields: Partial<BusEvent> = {}): BusEvent {
  number += 1
  return {
    id: `${name}-${number}`,
    Time: '2026-01-02T03:04:05.678Z',
    Type: name,
    Action: 'update',
    Key: 'key',
    Principal: 'user:tester',
    Object: { number },
    Original: null,
    ...fields,
  }
}

/** Options of a subscription to all events of a case, with short pauses. */
export function allOf(name: string, options: Partial<SubscribeOptions> = {}): SubscribeOptions {
  return { durable: name, match: [{ Type: name, Action: '*', Key: '*' }], backoffMs: [20], ...options }
}

/** Waits until the check holds; throws after 10 s. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited 10 s in vain for: ${what}`)
    await sleep(5)
  }
}

/** Long enough for what should not happen to happen. */
export async function aWhile(): Promise<void> {
  await sleep(150)
}

export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function newGate(): Gate {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
