import { createPowerEngine, type Logger, powerParams, readParamValues } from '@powerbus/plugin-sdk'
import { MemoryStore } from '@powerbus/store'
import { type TestScope, VirtualClock } from '@powerbus/testkit'
import { type Clock, KeyedQueue, systemClock } from '@powerbus/turns'
import { VmPower, type VmPowerOptions } from '../src/vm/vm-power.ts'
import { MemoryHypervisor } from './memory-hypervisor.ts'

const quiet = () => undefined
export const silent: Logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

const queues = new WeakMap<VmPower, KeyedQueue>()

/** The queue of the VMs' turns that this VmPower uses. */
export function turnsOf(power: VmPower): KeyedQueue {
  const turns = queues.get(power)
  if (!turns) throw new Error('this VmPower was not made by a bench')
  return turns
}

/** VMs and a store in memory. Each `power()` stands for another process with the same VMs and the same store. */
export async function openVmBench(scope: TestScope, clock: Clock = systemClock) {
  const hypervisor = new MemoryHypervisor(clock)
  const store = new MemoryStore({ clock })
  const state = async () => store
  const ended: AbortController[] = []
  scope.teardown(() => {
    for (const end of ended) end.abort()
  })
  const power = (onStarted: (id: string) => void = () => undefined, more: Partial<VmPowerOptions> = {}) => {
    const end = new AbortController()
    ended.push(end)
    const turns = new KeyedQueue()
    const options = { hypervisor, turns, state, signal: end.signal, log: silent, clock }
    const made = new VmPower({ ...options, onStarted, ...more })
    queues.set(made, turns)
    return made
  }
  return { hypervisor, state, power }
}

/** The same on a virtual clock: `run` moves the time until a promise is settled. */
export async function openTimedBench(scope: TestScope) {
  const clock = new VirtualClock()
  const bench = await openVmBench(scope, clock)
  return { ...bench, clock, engine: createPowerEngine({ clock }), run: <T>(work: Promise<T>) => clock.run(work) }
}

/** The context that the engine needs, without an action. */
export function powerContext(command: string, params: Readonly<Record<string, unknown>> = {}) {
  return {
    command,
    requestId: 'test',
    signal: AbortSignal.timeout(60_000),
    deadlineMs: Number.POSITIVE_INFINITY,
    params: readParamValues(powerParams, { 'power/min-gap': 0, ...params }),
  }
}

export const engine = createPowerEngine()

export function call(timeoutMs = 5000) {
  return { signal: AbortSignal.timeout(60_000), timeoutMs }
}
