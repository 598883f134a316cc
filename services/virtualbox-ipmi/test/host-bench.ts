import { type Logger, Secret, systemClock } from '@powerbus/plugin-sdk'
import { freeUdpPort, type TestScope } from '@powerbus/testkit'
import type { Hypervisor } from '../src/hypervisor/hypervisor.ts'
import type { Settings } from '../src/settings.ts'
import { VmHost, type VmHostOptions } from '../src/vm-host.ts'
import { MemoryEndpoint } from './memory-endpoint.ts'
import { openVmBench } from './vm-bench.ts'

const never = new AbortController().signal

export interface HostOptions extends Partial<Pick<VmHostOptions, 'lookMs' | 'endpoint' | 'state'>> {
  readonly hypervisor?: Hypervisor
  readonly settings?: Partial<Settings>
}

/** Hosts of the plugin object `vms` over VMs in memory, with an endpoint in memory and a store on disk. */
export async function openHostBench(scope: TestScope) {
  const { hypervisor, state } = await openVmBench(scope)
  const endpoint = new MemoryEndpoint()
  /** `LEVEL MESSAGE` of each line. */
  const lines: string[] = []
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  const quiet = () => undefined
  const log: Logger = { trace: quiet, debug: quiet, info: quiet, warn: note('warn'), error: note('error') }
  const bmc = {
    address: '127.0.0.1',
    basePort: await freeUdpPort(),
    spread: 'port' as const,
    username: 'admin',
    password: new Secret('pw'),
  }
  const plain: Settings = {
    importVms: true,
    startCreated: false,
    poweredBy: 'virtualbox',
    bmc: undefined,
  }
  /** The plugin as it is after a start that nothing was done in. */
  const open = (options: HostOptions = {}) => {
    const host = new VmHost({
      name: 'vms',
      hypervisor,
      endpoint,
      state,
      log,
      ...options,
      settings: { ...plain, ...options.settings },
    })
    scope.teardown(() => host.close())
    return host
  }
  /** A process that ends without a word, and the next one. */
  const start = async (options: HostOptions = {}, limitMs = 30_000) => {
    const host = open(options)
    await host.begin(never, systemClock.nowMs() + limitMs)
    return host
  }
  return { hypervisor, endpoint, state, log, lines, bmc, open, start, never }
}
