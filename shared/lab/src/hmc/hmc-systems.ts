import { createHash } from 'node:crypto'
import type { SimulatedMachine } from '../simulated-machine.ts'

export interface HmcPartition {
  readonly uuid: string
  readonly name: string
  readonly id: number
  readonly type: 'AIX/Linux' | 'OS400' | 'Virtual IO Server'
  readonly machine: SimulatedMachine
  /** Whether its operating system can be asked. */
  rmc: 'active' | 'inactive' | 'none'
  /** In place of the one that the machine's power says. */
  state: string | undefined
  referenceCode: string
}

export interface HmcSystem {
  readonly uuid: string
  readonly name: string
  readonly partitions: readonly HmcPartition[]
}

const plans = [
  { system: 'p9-one', names: ['lpar1', 'lpar2', 'vios1'] },
  { system: 'p9-two', names: ['lpar3', 'lpar4'] },
] as const

/** Two managed systems, over which the machines are spread: five have all partitions, more go to the second. */
export function hmcSystems(machines: readonly SimulatedMachine[]): readonly HmcSystem[] {
  const [first, second] = [machines.slice(0, 3), machines.slice(3)]
  return plans.map(({ system, names }, at) => ({
    uuid: uuidOf(system),
    name: system,
    partitions: (at === 0 ? first : second).map((machine, index): HmcPartition => {
      const name = names[index] ?? `lpar${index + 3}`
      return {
        uuid: uuidOf(`${system}/${name}`),
        name,
        id: index + 1,
        type: name.startsWith('vios') ? 'Virtual IO Server' : 'AIX/Linux',
        machine,
        rmc: 'active',
        state: undefined,
        referenceCode: '',
      }
    }),
  }))
}

export function stateOf({ machine, state }: HmcPartition): string {
  return state ?? (machine.isOn() ? 'running' : 'not activated')
}

/** The same in every run, as the HMC writes them. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex').toUpperCase()
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join('-')
}
