import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempFolder } from '../temp-folder.ts'
import type { TestScope } from '../test-scope.ts'
import { Answer, failure, syntaxError } from './answer.ts'
import { type FakeCommand, machineCommands, newVm } from './machine-commands.ts'
import { freshNetworks } from './networks.ts'
import { powerCommands } from './power-commands.ts'
import {
  type FakeVm,
  type Fault,
  type HostNetworks,
  type Medium,
  type Registry,
  type Settings,
  settle,
} from './registry.ts'
import { type ProgramStart, quoted, shellPrograms } from './shell-programs.ts'
import { storageCommands } from './storage-commands.ts'
import { versions } from './versions.ts'

export type { FakeVm } from './registry.ts'

/** Networks of the host; default: those after an installation on the kind of host. */
export interface FakeVBoxManageOptions extends Partial<Settings>, Partial<Readonly<HostNetworks>> {}

/** A fault of the next calls of one command. */
export type FakeFault = Pick<Fault, 'command' | 'kind'> & Partial<Fault>

export interface FakeVBoxCall {
  readonly args: readonly string[]
  /** User that sudo ran as; empty without sudo. */
  readonly owner: string
  readonly pid: number
  /** Names of its environment variables. */
  readonly variables: readonly string[]
}

/** A program with the commands and output of VBoxManage, and its VMs. */
export interface FakeVBoxManage {
  /** Path of the program. */
  readonly command: string
  /** Folder of the program and of its VMs. */
  readonly folder: string
  /** Environment with the fake VBoxManage and the fake sudo first on PATH. */
  readonly environment: Readonly<Record<string, string>>
  /** All calls, in order. */
  calls(): FakeVBoxCall[]
  /** Arguments of all calls of sudo. */
  sudoCalls(): (readonly string[])[]
  vms(): FakeVm[]
  /** The VM with this id, in upper or lower case. Throws if there is none. */
  vm(id: string): FakeVm
  /** Adds a VM that was not made by the program. */
  add(vm: Pick<FakeVm, 'id' | 'name'> & Partial<FakeVm>): void
  change(id: string, change: Partial<FakeVm>): void
  configure(change: Partial<Settings>): void
  setHostOnly(names: readonly string[]): void
  setNetworks(networks: Partial<Readonly<HostNetworks>>): void
  fault(fault: FakeFault): void
  clearFaults(): void
  /** Faults that are still to come. */
  faults(): Fault[]
  /** Disks that are registered. */
  media(): Medium[]
}

const defaults: Settings = {
  version: '7.0',
  host: 'linux',
  startMs: 0,
  lockedMs: 0,
  acpiMs: 50,
  crlf: false,
  prefix: '',
  sudo: 'allowed',
}

const commands: Readonly<Record<string, FakeCommand>> = { ...machineCommands, ...powerCommands, ...storageCommands }

/** Installs a fake VBoxManage in a temporary folder. Its VMs are in this process; the program asks for what it prints. */
export function fakeVBoxManage(scope: TestScope, options: FakeVBoxManageOptions = {}): FakeVBoxManage {
  const fresh = freshNetworks[options.host ?? defaults.host]
  const {
    hostOnly = fresh.hostOnly,
    hostOnlyNets = fresh.hostOnlyNets,
    bridged = fresh.bridged,
    natNets = fresh.natNets,
    ...settings
  } = options
  const folder = tempFolder(scope)
  const bin = join(folder, 'bin')
  const held: Registry = {
    settings: { ...defaults, crlf: options.host === 'windows', ...settings },
    vms: [],
    media: [],
    networks: structuredClone({ hostOnly, hostOnlyNets, bridged, natNets }),
    faults: [],
  }
  const registry = () => {
    settle(held)
    return held
  }
  const calls: FakeVBoxCall[] = []
  const sudoCalls: (readonly string[])[] = []
  shellPrograms(scope, bin, ['VBoxManage', 'sudo'], (start) => {
    if (start.program === 'sudo') {
      sudoCalls.push(start.args)
      return sudoScript(start.args, held.settings)
    }
    const { args, pid, environment } = start
    calls.push({ args, owner: ownerIn(environment), pid, variables: Object.keys(environment) })
    return callScript(start, registry(), folder)
  })

  const find = (id: string): FakeVm => {
    const found = registry().vms.find((vm) => vm.id === id.toLowerCase())
    if (!found) throw new Error(`the fake has no VM ${id}`)
    return found
  }
  return {
    command: join(bin, 'VBoxManage'),
    folder,
    environment: { ...environment(), PATH: `${bin}:${process.env.PATH ?? ''}` },
    calls: () => [...calls],
    sudoCalls: () => [...sudoCalls],
    vms: () => structuredClone(registry().vms),
    vm: (id) => structuredClone(find(id)),
    add: (vm) => {
      const settingsFile = join(folder, 'foreign', `${vm.id}.vbox`)
      const identity = { owner: '', settingsFile, ...structuredClone(vm), id: vm.id.toLowerCase() }
      held.vms.push({ ...newVm(identity), ...identity })
    },
    change: (id, change) => {
      Object.assign(find(id), structuredClone(change))
    },
    configure: (change) => {
      Object.assign(held.settings, change)
    },
    setHostOnly: (names) => {
      held.networks.hostOnly = [...names]
    },
    setNetworks: (networks) => {
      Object.assign(held.networks, structuredClone(networks))
    },
    fault: (fault) => {
      held.faults.push({ when: 'before', text: 'Something failed', result: 'NS_ERROR_FAILURE', times: 1, ...fault })
    },
    clearFaults: () => {
      held.faults = []
    },
    faults: () => structuredClone(held.faults),
    media: () => structuredClone(held.media),
  }
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

const ownerIn = (environment: Readonly<Record<string, string>>) => environment.FAKE_SUDO_USER ?? ''

async function callScript(start: ProgramStart, registry: Registry, folder: string): Promise<string> {
  const { settings } = registry
  const fault = takeFault(start.args, registry)
  if (fault?.when === 'before') return faultScript(fault)
  const said = answerOf(start, registry, folder)
  if (fault) return faultScript(fault)
  if (start.args[0] === 'startvm' && said.code === 0) await sleep(settings.startMs, undefined, { ref: false })
  const program = settings.host === 'windows' ? 'VBoxManage.exe: error:' : 'VBoxManage: error:'
  const printed = (text: string) => text.replaceAll('VBoxManage: error:', program)
  const lines = (text: string) => quoted(printed(text).replaceAll('\n', settings.crlf ? '\r\n' : '\n'))
  const stdout = lines(`${settings.prefix}${said.stdout}`)
  return `printf %s ${stdout}; printf %s ${lines(said.stderr)} >&2; exit ${said.code}`
}

function takeFault(args: readonly string[], { faults }: Registry): Fault | undefined {
  const [command = '', , verb] = args
  const names = [command, '*']
  if (['controlvm', 'snapshot', 'debugvm'].includes(command)) names.push(`${command} ${verb}`)
  const fault = faults.find((each) => names.includes(each.command) && each.times > 0)
  if (fault) fault.times -= 1
  return fault
}

function answerOf({ args, environment }: ProgramStart, registry: Registry, folder: string): Answer {
  const [name = '', ...rest] = args
  if (name === '--version') return new Answer(0, `${versions[registry.settings.version].printed}\n`, '')
  try {
    const command = commands[name]
    if (!command) throw syntaxError(`Invalid command '${name}'`)
    return command({ registry, args: rest, owner: ownerIn(environment), folder })
  } catch (error) {
    if (error instanceof Answer) return error
    throw error
  }
}

function faultScript({ kind, text, result }: Fault): string {
  switch (kind) {
    case 'killed':
      return 'kill -KILL $$'
    case 'hang':
      return 'exec sleep 3600'
    case 'hang-deaf':
      // An ignored signal stays ignored.
      return "trap '' TERM; exec sleep 3600"
    case 'hang-with-child':
      return 'sleep 3600 & wait'
    case 'megabyte':
      return 'yes "$(printf %079d 0)" | head -c 1638400'
    default:
      return `printf %s ${quoted(failure(text, result).stderr)} >&2; exit ${kind === 'zero' ? 0 : 1}`
  }
}

/** `sudo -n -u USER PROGRAM ...` runs the program with the user's name in FAKE_SUDO_USER. */
function sudoScript([flag, option, user, program]: readonly string[], { sudo }: Settings): string {
  const refuse = (text: string) => `echo ${quoted(`sudo: ${text}`)} >&2; exit 1`
  if (flag !== '-n' || option !== '-u' || user === undefined || program === undefined) return refuse('usage')
  if (sudo === 'password') return refuse('a password is required')
  if (sudo === 'unknown-user') return refuse(`unknown user ${user}`)
  return `shift 3; FAKE_SUDO_USER=${quoted(user)} exec "$@"`
}
