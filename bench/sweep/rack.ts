import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundledProgram, type TestScope } from '@powerbus/testkit'
import { login } from './programs.ts'

/** IPMI's own port needs root. */
const PORT = 6230
const SEED = 20_040_212

export interface Faults {
  /** Share of the datagrams lost, in each direction. */
  readonly loss?: number
  /** Delay of each answer. */
  readonly delayMs?: number
  /** Answers nothing. */
  readonly isSilent?: boolean
}

export interface RackOptions extends Faults {
  readonly count: number
  /** Address of the first BMC; each has the next one. */
  readonly first: string
  readonly port: number
  readonly seed: number
  readonly username: string
  readonly password: string
}

export interface Rack {
  /** Host ranges with ports, which powerbus and ipmipower both take. */
  readonly hosts: string
  readonly size: number
  readonly addresses: readonly string[]
  readonly port: number
  /** Switches all machines off, and waits until they are. */
  off(): Promise<void>
}

/** Starts the BMCs in two processes, which the scope's end ends. `net` is the second byte of the first one's addresses. */
export async function startRack(scope: TestScope, size: number, faults: Faults = {}, net = 31): Promise<Rack> {
  const half = Math.ceil(size / 2)
  const parts = [half, size - half].filter((count) => count > 0)
  const halves = await Promise.all(parts.map((count, at) => startHalf(scope, count, net + at, faults)))
  return {
    hosts: halves.map(({ count, net }) => rangesOf(count, net)).join(','),
    addresses: halves.flatMap(({ count, net }) => Array.from({ length: count }, (_, at) => addressOf(net, at + 1))),
    port: PORT,
    size,
    async off() {
      await Promise.all(halves.map(({ off }) => off()))
    },
  }
}

/** Kills a child, and waits until its addresses are free. */
export async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  if (child.kill('SIGKILL')) await exit
}

/** `base` and `more` as one rack. */
export function joinedRacks(base: Rack, more: Rack): Rack {
  return {
    ...base,
    hosts: `${base.hosts},${more.hosts}`,
    addresses: [...base.addresses, ...more.addresses],
    size: base.size + more.size,
  }
}

async function startHalf(scope: TestScope, count: number, net: number, faults: Faults) {
  const place = { count, first: addressOf(net, 1), port: PORT, seed: SEED + net * 100_000 }
  const options: RackOptions = { ...place, ...faults, ...login }
  const script = bundledProgram(join(import.meta.dirname, 'rack-process.ts'))
  const child = fork(script, [JSON.stringify(options)], { execPath: process.execPath })
  scope.teardown(() => ended(child))
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('a rack of BMCs ended')))
  // The scope's end ends it when nobody waits any more.
  gone.catch(() => undefined)
  const answer = async () => {
    const stop = new AbortController()
    try {
      await Promise.race([once(child, 'message', { signal: stop.signal }), gone])
    } finally {
      stop.abort()
    }
  }
  await answer()
  const off = async () => {
    child.send('off')
    await answer()
  }
  return { count, net, off }
}

function addressOf(net: number, number: number): string {
  return `127.${net}.${number >> 8}.${number & 255}`
}

/** `127.1.0.[1-255]:6230,127.1.1.[0-12]:6230`: an argument for each address would be longer than Linux allows. */
function rangesOf(count: number, net: number): string {
  const ranges: string[] = []
  for (let block = 0; block << 8 <= count; block++) {
    const last = Math.min(255, count - (block << 8))
    ranges.push(`127.${net}.${block}.[${block === 0 ? 1 : 0}-${last}]:${PORT}`)
  }
  return ranges.join(',')
}
