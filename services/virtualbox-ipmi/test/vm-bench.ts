import { createPowerEngine, type Logger, powerParams, readParamValues } from '@powerbus/plugin-sdk'
import { MemoryStore } from '@powerbus/store'
import { type TestScope, VirtualClock } from '@powerbus/testkit'
import { type Clock, KeyedQueue, systemClock } from '@powerbus/turns'
import type { VmContext } from '../src/vm/vm-context.ts'
import { VmPower } from '../src/vm/vm-power.ts'
import { MemoryHypervisor } from './memory-hypervisor.ts'

const quiet = () => undefined
export const silent: Logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

/** The queue of the VMs' turns that this VmPower uses. */
export function turnsOf(power: VmPower): KeyedQueue {
  return power.context.turns
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
  const power = (onStarted?: (id: string) => void, more: Partial<VmContext> = {}) => {
    const end = new AbortController()
    ended.push(end)
    const turns = new KeyedQueue()
    return new VmPower({ hypervisor, turns, state, signal: end.signal, log: silent, clock, ...more }, onStarted)
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
