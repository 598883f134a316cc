import { randomUUID } from 'node:crypto'
import { type Lab, type LabSeat, type MachineState, runningMachine, startLab } from '@powerbus/lab'
import { EmbeddedStore, type Json } from '@powerbus/store'
import type { MachineSeed } from '../../inventory/inventory.ts'
import { newLabPassword } from '../lab/run-lab.ts'

const USERNAME = 'admin'
const FIRST_PORT = 6230
const CREDENTIALS_KEY = 'credentials'
const COUNT_KEY = 'count'
const MACHINE_PREFIX = 'machine/'

/** What is kept of one machine between runs. */
interface KeptMachine {
  readonly guid: string
  readonly state: MachineState
}

export interface LabRack {
  /** The machines as the endpoint should know them. */
  readonly seeds: readonly MachineSeed[]
  readonly lab: Lab
  close(): Promise<void>
}

export interface LabRackOptions {
  readonly folder: string
  /** Absent: as many as last time, or 8. */
  readonly count: number | undefined
  /** Told where a change could not be kept. */
  readonly onError: (error: unknown) => void
}

const DEFAULT_COUNT = 8

/**
 * Starts the lab rack of a state folder, each machine as it was left. Throws a StoreError where the folder is in use.
 */
export async function startLabRack(options: LabRackOptions): Promise<LabRack> {
  const store = await EmbeddedStore.open({ folder: options.folder })
  try {
    const count = options.count ?? Number((await store.get(COUNT_KEY)) ?? DEFAULT_COUNT)
    await store.set(COUNT_KEY, count)
    const credentials = { username: USERNAME, password: await passwordOf(store) }
    const names = machineNames(count)
    const seats = await Promise.all(names.map((name) => seatOf(store, name, options.onError)))
    const lab = await startLab({
      count,
      port: FIRST_PORT,
      skipTaken: true,
      credentials,
      seat: (index) => seats[index] ?? {},
    })
    const seeds = lab.bmcs.map(({ address, port }, index) => seedOf(names[index] ?? '', address, port, credentials))
    const close = async () => {
      await lab.close()
      await store.close()
    }
    return { seeds, lab, close }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** `node-01` and so on, all of one width. */
function machineNames(count: number): string[] {
  const width = Math.max(2, String(count).length)
  return Array.from({ length: count }, (_, index) => `node-${String(index + 1).padStart(width, '0')}`)
}

async function passwordOf(store: EmbeddedStore): Promise<string> {
  const kept = await store.get(CREDENTIALS_KEY)
  if (typeof kept === 'string') return kept
  const password = newLabPassword()
  await store.set(CREDENTIALS_KEY, password)
  return password
}

/** A machine is racked powered on. */
async function seatOf(store: EmbeddedStore, name: string, onError: (error: unknown) => void): Promise<LabSeat> {
  const key = `${MACHINE_PREFIX}${name}`
  const fresh: KeptMachine = { guid: randomUUID(), state: runningMachine }
  const kept = ((await store.get(key)) as KeptMachine | undefined) ?? fresh
  const keep = (state: MachineState) => store.set(key, { guid: kept.guid, state } as unknown as Json)
  if (kept === fresh) await keep(fresh.state)
  return { ...kept, onChange: (state) => void keep(state).catch(onError) }
}

function seedOf(
  name: string,
  address: string,
  port: number,
  { username, password }: { readonly username: string; readonly password: string },
): MachineSeed {
  return {
    Name: name,
    Description: 'a simulated machine of the lab rack',
    Params: {
      'ipmi/address': address,
      'ipmi/port-ipmitool': port,
      'ipmi/username': username,
      'ipmi/password': password,
      'ipmi/mode': 'ipmitool',
      'detected-bios-mode': 'uefi',
    },
  }
}
