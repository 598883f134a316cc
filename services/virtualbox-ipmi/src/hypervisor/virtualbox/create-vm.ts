import { dirname, join, parse } from 'node:path'
import { performance } from 'node:perf_hooks'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Deadline } from '../calls.ts'
import { hasCode, unlessUnknown } from '../failure.ts'
import { defaultBootOrder, defaultNetworks, type VmNetwork, type VmSpec } from '../vm.ts'
import { networkOptions } from './host-networks.ts'
import type { VmInfo } from './vm-info.ts'

const CONTROLLER = 'SATA Controller'
const NIC_TYPE = '82545EM'
/** Limit of the removal after a failure, when the call's own time may be over. */
const UNDO_MS = 20_000

export interface CreateSteps {
  run(args: readonly string[], deadline: Deadline): Promise<string>
  /** Arguments for the folder of new VMs. */
  readonly baseFolder: readonly string[]
  /** Throws OBJECT_UNKNOWN where there is no such VM. */
  info(id: string, deadline: Deadline): Promise<VmInfo>
  /** Unregisters and deletes the VM, and repeats that while the VM is locked. */
  unregister(id: string, deadline: Deadline): Promise<void>
}

/**
 * Makes and registers a VM, whose id must be free. Where a step fails, the VM and its disk are removed before the error
 * is thrown, which names what could not be removed.
 */
export async function createVm(id: string, spec: VmSpec, steps: CreateSteps, deadline: Deadline): Promise<void> {
  await undoneOnFailure(id, steps, async (made) => {
    const identity = ['--name', spec.name, '--register', '--uuid', id, ...steps.baseFolder]
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
 * Removes a VM whose `createVm` was cut off at any step. A disk that is not attached yet is deleted first, since
 * `unregistervm --delete` does not know it, and the next `createVm` would find its file.
 */
export async function discardVm(id: string, found: VmInfo, steps: CreateSteps, deadline: Deadline): Promise<void> {
  const { settingsFile, hasDisk } = found
  if (!hasDisk) await unlessUnknown(steps.run(closeMedium(diskPath(id, settingsFile)), deadline))
  await steps.unregister(id, deadline)
}

/** Makes a full copy under a new id. A failed one is removed. */
export async function cloneVm(source: string, id: string, name: string, steps: CreateSteps, deadline: Deadline) {
  await undoneOnFailure(id, steps, async (made) => {
    const identity = ['--name', name, '--uuid', id, '--register', ...steps.baseFolder]
    await unlessRefused(made, { hasVm: true }, steps.run(['clonevm', source, ...identity], deadline))
  })
}

/** What this call has made, or may have made where an answer was lost. */
interface Made {
  hasVm?: boolean
  /** Path of a disk. */
  disk?: string
}

/** Notes what a step makes, unless the step fails because it exists already. */
async function unlessRefused(made: Made, what: Made, step: Promise<unknown>): Promise<void> {
  try {
    await step
  } catch (error) {
    if (!hasCode(error, 'OBJECT_CONFLICT')) Object.assign(made, what)
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
    const text = `${error.message}; these were left behind, remove them with VBoxManage: ${left.join('; ')}`
    throw new PowerbusError(error.code, text, { cause: error })
  }
}

/** Removes the VM with its attached disk, and a disk that was not attached. Returns what is left. */
async function undo(id: string, made: Made, steps: CreateSteps): Promise<string[]> {
  const deadline = { signal: new AbortController().signal, endsAtMs: performance.now() + UNDO_MS }
  const left: string[] = []
  const remove = (what: string, work: Promise<unknown>) =>
    unlessUnknown(work).catch((error: unknown) => left.push(`${what} (${String(error)})`))
  const { hasVm, disk } = made
  if (hasVm) await remove(`VM ${id}`, steps.unregister(id, deadline))
  if (disk !== undefined) await remove(disk, steps.run(closeMedium(disk), deadline))
  return left
}

function closeMedium(disk: string): string[] {
  return ['closemedium', 'disk', disk, '--delete']
}

function settings(spec: VmSpec): string[] {
  const boot = defaultBootOrder.flatMap((device, place) => [`--boot${place + 1}`, device])
  const sizes = ['--memory', `${spec.memoryMb}`, '--vram', `${spec.vramMb}`]
  const networks = (spec.networks ?? defaultNetworks).flatMap(adapter)
  return ['--ioapic', 'on', '--cpus', `${spec.cpus}`, ...boot, ...sizes, ...networks]
}

/** Options of 6.1, which later versions accept beside `--nic-type1`. */
function adapter(network: VmNetwork, index: number): string[] {
  const number = index + 1
  const host = network.kind === 'nat' ? [] : networkOptions(network, number)
  return [`--nic${number}`, network.kind, ...host, `--nictype${number}`, NIC_TYPE]
}

/** Beside the settings file, with part of the id in its name so that no other VM has it. */
function diskPath(id: string, settingsFile: string): string {
  if (settingsFile === '')
    throw new PowerbusError(
      'TARGET_UNREACHABLE',
      `VBoxManage showvminfo ${id} prints no settings file (CfgFile); check the VBoxManage version`,
    )
  return join(dirname(settingsFile), `${parse(settingsFile).name}-${id.slice(0, 8).toLowerCase()}.vdi`)
}
