import { join } from 'node:path'
import type { Machine } from '@powerbus/drp'
import type { MachineSeed, PluginSeed } from '@powerbus/endpoint'
import { EmbeddedStore } from '@powerbus/store'
import { isFile } from '../folders.ts'
import { newLabPassword } from '../password.ts'

/** Name of the plugin object. */
export const LAB_PLUGIN = 'lab'
/** Provider that runs the rack's machines as emulated VMs. */
const PROVIDER = 'virtualbox-ipmi'
const USERNAME = 'admin'
const FIRST_PORT = 6230
const CREDENTIALS_KEY = 'credentials'
const COUNT_KEY = 'count'
const DEFAULT_COUNT = 8

/** The plugin object and machines of a lab rack. */
export interface LabRack {
  readonly plugin: PluginSeed
  readonly machines: readonly MachineSeed[]
}

export interface LabRackOptions {
  /** No other process may use it. */
  readonly stateDir: string
  /** By default as many as last time, else 8. */
  readonly count: number | undefined
}

/** Opens the lab rack of a state folder, with the password and number of machines it had. Throws StoreError. */
export async function openLabRack({ stateDir, count }: LabRackOptions): Promise<LabRack> {
  const store = await EmbeddedStore.open({ folder: join(stateDir, 'lab') })
  try {
    const wanted = count ?? Number((await store.get(COUNT_KEY)) ?? DEFAULT_COUNT)
    await store.set(COUNT_KEY, wanted)
    return {
      plugin: pluginOf(join(stateDir, 'lab-vms'), await passwordOf(store)),
      machines: machineNames(wanted).map(seedOf),
    }
  } finally {
    await store.close()
  }
}

/** Whether the plugin folder has the rack's provider. */
export async function hasLabPlugin(pluginDir: string): Promise<boolean> {
  return await isFile(join(pluginDir, PROVIDER))
}

/** The message for a folder without it. */
export function noLabText(pluginDir: string): string {
  return `${pluginDir} has no plugin ${PROVIDER}, which runs its machines`
}

/** The line about the rack's machines. It names machines that the plugin gave no BMC. */
export function labRackLine(machines: readonly Machine[]): string {
  const [first] = machines
  const last = machines.at(-1)
  if (!first || !last) return 'lab rack     none'
  const names = machines.length > 1 ? `${first.Name} to ${last.Name}` : first.Name
  const ready = machines.filter(({ Params }) => typeof Params['ipmi/port-ipmitool'] === 'number')
  const [place] = ready
  const ports = ready.map(({ Params }) => Number(Params['ipmi/port-ipmitool']))
  const range = `UDP ports ${Math.min(...ports)} to ${Math.max(...ports)}`
  const bmcs = place ? `BMCs at ${place.Params['ipmi/address']}, ${range}` : 'no BMC answers'
  const lacking = machines.filter((machine) => !ready.includes(machine)).map(({ Name }) => Name)
  if (lacking.length === 0) return `lab rack     ${names}; ${bmcs}`
  return `lab rack     ${names}; ${bmcs}; without a BMC (see the log): ${lacking.join(', ')}`
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

/** Machines start powered on, and the ipmi plugin powers them through their BMCs, as it does servers. */
function pluginOf(vmPath: string, password: string): PluginSeed {
  return {
    Name: LAB_PLUGIN,
    Provider: PROVIDER,
    Params: {
      'virtualbox/backend': 'file',
      'virtualbox/user': LAB_PLUGIN,
      'virtualbox/vm-path': vmPath,
      'virtualbox/start-created': true,
      'virtualbox/powered-by': 'ipmi',
      'virtualbox/bmc-address': '127.0.0.1',
      'virtualbox/bmc-base-port': FIRST_PORT,
      'virtualbox/bmc-username': USERNAME,
      'virtualbox/bmc-password': password,
    },
  }
}

/** A machine to which the plugin adds its VM and BMC. */
function seedOf(name: string): MachineSeed {
  return {
    Name: name,
    Description: 'a simulated machine of the lab rack',
    Params: { 'machine-plugin': LAB_PLUGIN, 'detected-bios-mode': 'uefi' },
  }
}
