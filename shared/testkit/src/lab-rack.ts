import type { LabBmc } from '@powerbus/lab'
import type { TestScope } from './test-scope.ts'

const credentials = { username: 'admin', password: 'only-the-bmc-knows' }

export interface RackMachine extends LabBmc {
  /** Params of the ipmi plugin for this machine; changes follow each other without a gap. */
  readonly params: Readonly<Record<string, unknown>>
}

export interface LabRack {
  readonly machines: readonly RackMachine[]
  /** The first one. */
  readonly machine: RackMachine
  /** Of all BMCs: not to be found in any output. */
  readonly password: string
}

/** Starts emulated BMCs of simulated machines, one where `count` is absent, on free ports; they end with the scope. */
export async function startLabRack(
  scope: TestScope,
  { count = 1, cycleOffMs }: { readonly count?: number; readonly cycleOffMs: number },
): Promise<LabRack> {
  const { startLab } = await import('@powerbus/lab')
  const lab = await startLab({ count, address: '127.0.0.1', port: 0, credentials, times: { cycleOffMs } })
  scope.teardown(() => lab.close())
  const machines = lab.bmcs.map((bmc) => ({
    ...bmc,
    params: {
      'ipmi/address': bmc.address,
      'ipmi/port-ipmitool': bmc.port,
      'ipmi/username': credentials.username,
      'ipmi/password': credentials.password,
      'ipmi/mode': 'ipmitool',
      'power/min-gap': 0,
    },
  }))
  const [machine] = machines
  if (!machine) throw new Error('the lab has no BMC')
  return { machines, machine, password: credentials.password }
}
