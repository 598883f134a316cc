import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Answer, failure, progress, syntaxError } from './answer.ts'
import { off } from './machine-states.ts'
import { attachmentOf, hasHostOnlyNets, networkList } from './networks.ts'
import type { FakeVm, Nic, Registry } from './registry.ts'
import { versions } from './versions.ts'
import { vmInfo } from './vm-info.ts'

/** One call of the program. */
export interface FakeCall {
  readonly registry: Registry
  /** Arguments after the command. */
  readonly args: readonly string[]
  /** User that sudo ran as; empty without sudo. */
  readonly owner: string
  /** Of the fake. */
  readonly folder: string
}

export type FakeCommand = (call: FakeCall) => Answer

const isLocked = (vm: FakeVm) => !off.has(vm.state) || Date.now() < (vm.lockedUntilMs ?? 0)
const mac = () => `080027${randomBytes(3).toString('hex').toUpperCase()}`

export function findVm({ registry, owner }: FakeCall, wanted = ''): FakeVm {
  const vm = registry.vms.find(
    (each) => each.owner === owner && (each.id === wanted.toLowerCase() || each.name === wanted),
  )
  if (vm) return vm
  const text = /^[0-9a-f]{8}-/i.test(wanted) ? `with UUID {${wanted.toLowerCase()}}` : `named '${wanted}'`
  throw failure(`Could not find a registered machine ${text}`, 'VBOX_E_OBJECT_NOT_FOUND', 'VirtualBoxWrap')
}

/** Returns the VM for a change of its settings. Throws a failure if it is locked or saved. */
export function changeable(call: FakeCall): FakeVm {
  const vm = findVm(call, call.args[0])
  refuseInaccessible(vm)
  if (isLocked(vm)) {
    throw failure(
      `The machine '${vm.name}' is already locked for a session (or being unlocked)`,
      'VBOX_E_INVALID_OBJECT_STATE',
    )
  }
  if (vm.state.endsWith('saved'))
    throw failure('The machine is not mutable (state is Saved)', 'VBOX_E_INVALID_VM_STATE')
  return vm
}

function refuseInaccessible(vm: FakeVm): void {
  if (vm.inaccessible) throw failure('The object functionality is limited', 'E_ACCESSDENIED')
}

/** Returns the options of a call. Each has one value, except those listed in `flags`. */
export function options(args: readonly string[], flags: readonly string[] = []): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 0; at < args.length; at += 1) {
    const name = args[at] ?? ''
    if (!name.startsWith('--')) throw syntaxError(`Invalid parameter '${name}'`)
    found.set(name, flags.includes(name) ? 'on' : (args[++at] ?? ''))
  }
  return found
}

export const machineCommands: Readonly<Record<string, FakeCommand>> = {
  list({ registry, args, owner }) {
    const networks = networkList(args[0], registry)
    if (networks) return networks
    if (args[0] !== 'vms') throw syntaxError(`Unknown subcommand "${args[0]}".`)
    const lines = registry.vms
      .filter((vm) => vm.owner === owner)
      .map((vm) => `"${vm.inaccessible ? '<inaccessible>' : vm.name}" {${vm.id}}\n`)
    return new Answer(0, lines.join(''), '')
  },

  showvminfo(call) {
    const vm = findVm(call, call.args[0])
    const { version } = call.registry.settings
    if (versions[version].refusesInaccessible) refuseInaccessible(vm)
    return new Answer(0, vmInfo(vm, version), '')
  },

  createvm({ registry, args, owner, folder }) {
    const given = options(args, ['--register'])
    const name = given.get('--name') ?? ''
    const id = (given.get('--uuid') ?? randomUUID()).toLowerCase()
    const stem = name.replace(/[<>:"/\\|?*]/g, '_')
    const settingsFile = join(given.get('--basefolder') ?? join(folder, 'VirtualBox VMs'), stem, `${stem}.vbox`)
    if (registry.vms.some((vm) => vm.settingsFile === settingsFile)) {
      throw failure(`Machine settings file '${settingsFile}' already exists`, 'VBOX_E_FILE_ERROR')
    }
    if (registry.vms.some((vm) => vm.id === id)) {
      throw failure(
        `Registered machine with UUID {${id}} ('${settingsFile}') already exists`,
        'E_INVALIDARG',
        'VirtualBoxWrap',
      )
    }
    mkdirSync(dirname(settingsFile), { recursive: true })
    writeFileSync(settingsFile, '<VirtualBox/>\n')
    registry.vms.push(newVm({ id, name, owner, settingsFile }))
    return new Answer(
      0,
      `Virtual machine '${name}' is created and registered.\nUUID: ${id}\nSettings file: '${settingsFile}'\n`,
      '',
    )
  },

  modifyvm(call) {
    const vm = changeable(call)
    for (const [name, value] of options(call.args.slice(1))) setOption(vm, name, value, call.registry)
    return new Answer(0, '', '')
  },

  unregistervm(call) {
    const vm = findVm(call, call.args[0])
    if (isLocked(vm))
      throw failure(`Cannot unregister the machine '${vm.name}' while it is locked`, 'VBOX_E_INVALID_OBJECT_STATE')
    const { registry } = call
    registry.vms.splice(registry.vms.indexOf(vm), 1)
    const isDeleted = call.args.includes('--delete') && !vm.inaccessible
    const disks = vm.controllers.flatMap((controller) => Object.values(controller.disks))
    registry.media = registry.media.filter((medium) => !disks.some(({ path }) => path === medium.path))
    if (isDeleted) for (const file of [...disks.map(({ path }) => path), vm.settingsFile]) rmSync(file, { force: true })
    return new Answer(0, '', isDeleted ? progress : '')
  },

  clonevm(call) {
    const source = findVm(call, call.args[0])
    refuseInaccessible(source)
    const { registry, owner } = call
    const given = options(call.args.slice(1), ['--register'])
    const name = given.get('--name') ?? `${source.name} Clone`
    const base = given.get('--basefolder') ?? dirname(dirname(source.settingsFile))
    const settingsFile = join(base, name, `${name}.vbox`)
    if (registry.vms.some((vm) => vm.settingsFile === settingsFile)) {
      throw failure(`Machine settings file '${settingsFile}' already exists`, 'VBOX_E_FILE_ERROR')
    }
    const copy = newVm({ id: (given.get('--uuid') ?? randomUUID()).toLowerCase(), name, owner, settingsFile })
    const { cpus, memory, vram, boot, ioapic, extra } = source
    Object.assign(copy, { cpus, memory, vram, ioapic, boot: [...boot], extra: { ...extra } })
    copy.nics = source.nics.map((nic) => ({ ...nic, mac: mac() }))
    mkdirSync(dirname(settingsFile), { recursive: true })
    writeFileSync(settingsFile, '<VirtualBox/>\n')
    copy.controllers = source.controllers.map((controller) => ({
      name: controller.name,
      disks: Object.fromEntries(
        Object.entries(controller.disks).map(([place, { path }]) => {
          const disk = { path: join(dirname(settingsFile), basename(path)), id: randomUUID() }
          writeFileSync(disk.path, 'disk\n')
          registry.media.push(disk)
          return [place, disk]
        }),
      ),
    }))
    registry.vms.push(copy)
    return new Answer(0, `Machine has been successfully cloned as "${name}"\n`, progress)
  },

  getextradata(call) {
    const vm = findVm(call, call.args[0])
    refuseInaccessible(vm)
    const value = vm.extra[call.args[1] ?? '']
    return new Answer(0, value ? `Value: ${value}\n` : 'No value set!\n', '')
  },

  setextradata(call) {
    const vm = findVm(call, call.args[0])
    refuseInaccessible(vm)
    const [, key = '', value = ''] = call.args
    if (value === '') delete vm.extra[key]
    else vm.extra[key] = value
    return new Answer(0, '', '')
  },
}

export function newVm(identity: Pick<FakeVm, 'id' | 'name' | 'owner' | 'settingsFile'>): FakeVm {
  return {
    ...identity,
    state: 'poweroff',
    ioapic: false,
    cpus: 1,
    memory: 128,
    vram: 8,
    boot: ['floppy', 'dvd', 'disk', 'none'],
    nics: [{ kind: 'nat', type: '82540EM', mac: mac() }],
    controllers: [],
    extra: {},
    snapshots: [],
    counts: { starts: 0, resets: 0, powerOffs: 0, nmis: 0, powerButtons: 0 },
  }
}

/** Dashed options that 7.0 brought beside the old ones. */
const dashed: Readonly<Record<string, string>> = {
  'nic-type': 'nictype',
  'host-only-adapter': 'hostonlyadapter',
  'bridge-adapter': 'bridgeadapter',
  natnetwork: 'nat-network',
  hostonlynet: 'host-only-net',
}
/** Options that name the network of an adapter. */
const networkOptions: ReadonlySet<string> = new Set([
  'hostonlyadapter',
  'bridgeadapter',
  'intnet',
  'nat-network',
  'host-only-net',
])

function setOption(vm: FakeVm, name: string, value: string, registry: Registry): void {
  const [, word = '', digits] = /^--([a-z-]+?)(\d*)$/.exec(name) ?? []
  const key = versions[registry.settings.version].takesDashedOptions ? (dashed[word] ?? word) : word
  const place = Number(digits) - 1
  if (key === 'boot') vm.boot[place] = value
  else if (key === 'cpus') vm.cpus = inRange(value, 1, 64, `Invalid virtual CPU count: ${value}`)
  else if (key === 'memory') vm.memory = inRange(value, 4, 2_097_152, `Invalid RAM size: ${value} MB`)
  else if (key === 'vram') vm.vram = inRange(value, 0, 256, `Invalid VRAM size: ${value} MB`)
  else if (key === 'ioapic') vm.ioapic = value === 'on'
  else if (key === 'nic') nicAt(vm, place).kind = attachmentOf(value, registry, place)
  else if (key === 'nictype') nicAt(vm, place).type = value
  else if (networkOptions.has(key) && (key !== 'host-only-net' || hasHostOnlyNets(registry)))
    nicAt(vm, place).adapter = value
  else throw syntaxError(`Unknown option: ${name}`)
}

function nicAt(vm: FakeVm, place: number): Nic {
  const nic = vm.nics[place] ?? { kind: 'null', type: '82540EM', mac: mac() }
  vm.nics[place] = nic
  return nic
}

function inRange(value: string, least: number, most: number, text: string): number {
  const number = Number(value)
  if (!(number >= least && number <= most))
    throw failure(`${text} (must be in range [${least}, ${most}])`, 'E_INVALIDARG')
  return number
}
