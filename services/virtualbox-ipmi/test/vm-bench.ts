import { createPowerEngine, type Logger, powerParams, readParamValues } from '@powerbus/plugin-sdk'
import { EmbeddedStore } from '@powerbus/store'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { KeyedQueue } from '@powerbus/turns'
import { VmPower, type VmPowerOptions } from '../src/vm/vm-power.ts'
import { MemoryHypervisor } from './memory-hypervisor.ts'

const quiet = () => undefined
export const silent: Logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

const queues = new WeakMap<VmPower, KeyedQueue>()

/** The VMs' turns of one process. */
export function turnsOf(power: VmPower): KeyedQueue {
  const turns = queues.get(power)
  if (!turns) throw new Error('it is of no bench')
  return turns
}

/** VMs in memory with a store on disk; `again` is another process with the same VMs and the same store. */
export async function openVmBench(scope: TestScope) {
  const hypervisor = new MemoryHypervisor()
  const store = await EmbeddedStore.open({ folder: tempFolder(scope) })
  scope.teardown(() => store.close())
  const state = async () => store
  const ended: AbortController[] = []
  scope.teardown(() => {
    for (const end of ended) end.abort()
  })
  const power = (onStarted: (id: string) => void = () => undefined, more: Partial<VmPowerOptions> = {}) => {
    const end = new AbortController()
    ended.push(end)
    const turns = new KeyedQueue()
    const options = { hypervisor, turns, state, signal: end.signal, log: silent, cycleOffMs: 50 }
    const made = new VmPower({ ...options, onStarted, ...more })
    queues.set(made, turns)
    return made
  }
  return { hypervisor, state, power }
}

/** What the engine needs of an action, without one. */
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
