import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsServer, RedisServer } from '@powerbus/testkit'
import type { Replica } from './replica.ts'
import type { SeededChoice } from './seeded-choice.ts'

/** A server or a replica is away so long before it is started again. */
const DOWN_MS = 500
const FREEZE_MS = 3_000
/** Beyond the 15 s that a lock outlives a sign of life of its holder. */
const BEYOND_LOCK_MS = 17_000

export interface Surroundings {
  readonly nats: NatsServer
  readonly redis: RedisServer
  readonly replicas: readonly Replica[]
  readonly choice: SeededChoice
}

/** What was done, by name, and how often. */
export type FaultCounts = Record<string, number>

type Fault = (world: Surroundings) => Promise<void>

const faults: Readonly<Record<string, Fault>> = {
  'replica killed': ({ replicas, choice }) => killed([choice.of(running(replicas))]),
  'replica killed again': ({ replicas, choice }) => killed([choice.of(running(replicas))]),
  'two replicas killed': ({ replicas, choice }) => killed(choice.shuffled(running(replicas)).slice(0, 2)),
  'all replicas killed': ({ replicas }) => killed(running(replicas)),
  'NATS restarted': async ({ nats }) => restarted(nats),
  'NATS restarted again': async ({ nats }) => restarted(nats),
  'Redis restarted': async ({ redis }) => restarted(redis),
  'NATS and Redis restarted': async ({ nats, redis }) => {
    await Promise.all([restarted(nats), restarted(redis)])
  },
  'NATS cut off': async ({ nats }) => frozen(nats, FREEZE_MS),
  'Redis cut off': async ({ redis }) => frozen(redis, FREEZE_MS),
}

/**
 * Does every fault once, in an order of the seed's, each when `progress` (0..1) has come to its mark; a replica that stands still for
 * longer than its locks live is one from the start on. Gives what it did, and when.
 */
export async function troubleWhile(progress: () => number, world: Surroundings): Promise<readonly string[]> {
  const done: string[] = []
  const begin = (name: string) => done.push(`${name} (${Math.round(performance.now())} ms)`)
  const names = world.choice.shuffled(Object.keys(faults))
  const standingStill = (async () => {
    await reached(progress, 0.02)
    begin('replica frozen beyond its locks')
    await frozen(world.choice.of(running(world.replicas)), BEYOND_LOCK_MS)
  })()
  for (const [index, name] of names.entries()) {
    await reached(progress, 0.03 + (0.55 * index) / names.length)
    begin(name)
    await faults[name]?.(world)
  }
  await standingStill
  return done
}

function running(replicas: readonly Replica[]): Replica[] {
  return replicas.filter(({ isRunning }) => isRunning)
}

async function killed(replicas: readonly Replica[]): Promise<void> {
  await Promise.all(replicas.map((replica) => restarted(replica)))
}

async function restarted(server: { kill(): Promise<void>; start(): Promise<void> }): Promise<void> {
  await server.kill()
  await sleep(DOWN_MS)
  await server.start()
}

async function frozen(server: { freeze(): void; thaw(): void }, ms: number): Promise<void> {
  server.freeze()
  await sleep(ms)
  server.thaw()
}

async function reached(progress: () => number, mark: number): Promise<void> {
  while (progress() < mark) await sleep(20)
}
