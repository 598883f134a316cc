import { randomUUID } from 'node:crypto'
import { dirname, join, parse } from 'node:path'
import { performance } from 'node:perf_hooks'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Deadline } from '../calls.ts'
import { defaultBootOrder, defaultNetworks, type VmNetwork, type VmSpec } from '../vm.ts'
import type { VmInfo } from './vm-info.ts'

const CONTROLLER = 'SATA Controller'
const NIC_TYPE = '82545EM'
/** Taking away what a failed call had made has a time of its own: the call's may be over. */
const UNDO_MS = 20_000

export interface CreateSteps {
  run(args: readonly string[], deadline: Deadline): Promise<string>
  /** Throws OBJECT_UNKNOWN where there is none. */
  info(id: string, deadline: Deadline): Promise<VmInfo>
  /** Unregisters and deletes, again while the VM is locked. */
  unregister(id: string, deadline: Deadline): Promise<void>
}

/** Upper case. A VM with it that is there after `createvm` was made by this call: where the caller names one, it was looked for before. */
export const newId = () => randomUUID().toUpperCase()

/**
 * Makes and registers a VM, as services.md §4 has it. Where a step fails, what was made is taken away again before the error is thrown;
 * what could not be is said in it.
 */
export async function createVm(
  id: string,
  spec: VmSpec,
  folder: string | undefined,
  steps: CreateSteps,
  deadline: Deadline,
) {
  await undoneOnFailure(id, steps, async (made) => {
    const base = folder === undefined ? [] : ['--basefolder', folder]
    await steps.run(['createvm', '--name', spec.name, '--register', '--uuid', id, ...base], deadline)
    await steps.run(['modifyvm', id, ...settings(spec)], deadline)
    const disk = diskPath(id, (await steps.info(id, deadline)).settingsFile)
    const controller = ['--name', CONTROLLER, '--add', 'sata', '--controller', 'IntelAHCI']
    await steps.run(['storagectl', id, ...controller], deadline)
    made.disk = disk
    await steps.run(['createmedium', 'disk', '--filename', disk, '--size', `${spec.diskMb}`], deadline)
    const place = ['--storagectl', CONTROLLER, '--port', '0', '--device', '0', '--type', 'hdd']
    await steps.run(['storageattach', id, ...place, '--medium', disk], deadline)
  })
}

/** A full copy under a new id; taken away again where it fails. */
export async function cloneVm(
  source: string,
  id: string,
  name: string,
  folder: string | undefined,
  steps: CreateSteps,
  deadline: Deadline,
) {
  await undoneOnFailure(id, steps, async () => {
    const base = folder === undefined ? [] : ['--basefolder', folder]
    await steps.run(['clonevm', source, '--name', name, '--uuid', id, '--register', ...base], deadline)
  })
}

interface Made {
  /** A disk that may exist, under a name that nobody else gives. */
  disk?: string
}

async function undoneOnFailure(id: string, steps: CreateSteps, work: (made: Made) => Promise<void>): Promise<void> {
  const made: Made = {}
  try {
    await work(made)
  } catch (error) {
    const left = await undo(id, made, steps)
    if (left.length === 0 || !(error instanceof PowerbusError)) throw error
    throw new PowerbusError(error.code, `${error.message}; and could not be taken away again: ${left.join('; ')}`, {
      cause: error,
    })
  }
}

/** What is left, in words. The disk goes with the VM where it was attached, and by itself where it was not. */
async function undo(id: string, made: Made, steps: CreateSteps): Promise<string[]> {
  const deadline = { signal: new AbortController().signal, endsAtMs: performance.now() + UNDO_MS }
  const left: string[] = []
  const { disk } = made
  await unlessUnknown(steps.unregister(id, deadline), `VM ${id}`, left)
  if (disk !== undefined)
    await unlessUnknown(steps.run(['closemedium', 'disk', disk, '--delete'], deadline), disk, left)
  return left
}

async function unlessUnknown(work: Promise<unknown>, what: string, left: string[]): Promise<void> {
  try {
    await work
  } catch (error) {
    if (error instanceof PowerbusError && error.code === 'OBJECT_UNKNOWN') return
    left.push(`${what} (${error instanceof Error ? error.message : String(error)})`)
  }
}

function settings(spec: VmSpec): string[] {
  const boot = defaultBootOrder.flatMap((device, place) => [`--boot${place + 1}`, device])
  const sizes = ['--memory', `${spec.memoryMb}`, '--vram', `${spec.vramMb}`]
  const networks = (spec.networks ?? defaultNetworks).flatMap(adapter)
  return ['--ioapic', 'on', '--cpus', `${spec.cpus}`, ...boot, ...sizes, ...networks]
}

/** In the words of 6.1, which 7.0 and later still take beside `--host-only-adapter1` and `--nic-type1`. */
function adapter(network: VmNetwork, index: number): string[] {
  const number = index + 1
  const host = network.kind === 'hostonly' ? [`--hostonlyadapter${number}`, network.adapter] : []
  return [`--nic${number}`, network.kind, ...host, `--nictype${number}`, NIC_TYPE]
}

/** Beside the settings, and named so that it is nobody else's. */
function diskPath(id: string, settingsFile: string): string {
  if (settingsFile === '')
    throw new PowerbusError('TARGET_UNREACHABLE', `VirtualBox does not say where the settings of ${id} are`)
  return join(dirname(settingsFile), `${parse(settingsFile).name}-${id.slice(0, 8).toLowerCase()}.vdi`)
}
