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
 * Makes and registers a VM. Where a step fails, what was made is taken away again before the error is thrown;
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
    const identity = ['--name', spec.name, '--register', '--uuid', id, ...base]
    await unlessRefused(made, { hasVm: true }, steps.run(['createvm', ...identity], deadline))
    await steps.run(['modifyvm', id, ...settings(spec)], deadline)
    const disk = diskPath(id, (await steps.info(id, deadline)).settingsFile)
    const controller = ['--name', CONTROLLER, '--add', 'sata', '--controller', 'IntelAHCI']
    await steps.run(['storagectl', id, ...controller], deadline)
    const medium = ['--filename', disk, '--size', `${spec.diskMb}`]
    await unlessRefused(made, { disk }, steps.run(['createmedium', 'disk', ...medium], deadline))
    const place = ['--storagectl', CONTROLLER, '--port', '0', '--device', '0', '--type', 'hdd']
    await steps.run(['storageattach', id, ...place, '--medium', disk], deadline)
  })
}

/**
 * Takes away what a `createVm` made that was cut off at whatever step. Its disk goes first where it is not attached yet: `unregistervm --delete`
 * does not see that one, and it would be in the way of the next.
 */
export async function discardVm(
  id: string,
  { settingsFile, hasDisk }: VmInfo,
  steps: CreateSteps,
  deadline: Deadline,
): Promise<void> {
  if (!hasDisk) {
    const close = ['closemedium', 'disk', diskPath(id, settingsFile), '--delete']
    await steps.run(close, deadline).catch((error: unknown) => {
      if (!(error instanceof PowerbusError) || error.code !== 'OBJECT_UNKNOWN') throw error
    })
  }
  await steps.unregister(id, deadline)
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
  await undoneOnFailure(id, steps, async (made) => {
    const base = folder === undefined ? [] : ['--basefolder', folder]
    const identity = ['--name', name, '--uuid', id, '--register', ...base]
    await unlessRefused(made, { hasVm: true }, steps.run(['clonevm', source, ...identity], deadline))
  })
}

/** What this call has made, or may have made: the answer was lost. */
interface Made {
  hasVm?: boolean
  /** Path of a disk. */
  disk?: string
}

/** Notes what a step makes, unless it says that somebody else has made that before. */
async function unlessRefused(made: Made, what: Made, step: Promise<unknown>): Promise<void> {
  try {
    await step
  } catch (error) {
    if (!(error instanceof PowerbusError) || error.code !== 'OBJECT_CONFLICT') Object.assign(made, what)
    throw error
  }
  Object.assign(made, what)
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
  const { hasVm, disk } = made
  if (hasVm) await unlessUnknown(steps.unregister(id, deadline), `VM ${id}`, left)
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
