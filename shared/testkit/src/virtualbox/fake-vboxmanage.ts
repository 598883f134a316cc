import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '../temp-folder.ts'
import type { TestScope } from '../test-scope.ts'
import { newVm } from './machine-commands.mjs'
import { type FakeVm, type Fault, type Settings, withRegistry } from './registry.mjs'

export type { FakeVm } from './registry.mjs'

export interface FakeVBoxManageOptions extends Partial<Settings> {
  /** Host-only networks; default `vboxnet0`. */
  readonly hostOnly?: readonly string[]
}

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
  fault(fault: FakeFault): void
  clearFaults(): void
}

const defaults: Settings = {
  version: '7.0',
  startMs: 0,
  lockedMs: 0,
  acpiMs: 50,
  crlf: false,
  prefix: '',
  sudo: 'allowed',
}

/** Installs a fake VBoxManage in a temporary folder. */
export function fakeVBoxManage(scope: TestScope, options: FakeVBoxManageOptions = {}): FakeVBoxManage {
  const { hostOnly = ['vboxnet0'], ...settings } = options
  const folder = tempFolder(scope)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const registry = { settings: { ...defaults, ...settings }, vms: [], media: [], hostOnly, faults: [] }
  writeFileSync(join(folder, 'registry.json'), JSON.stringify(registry))
  const command = install(bin, 'VBoxManage', 'vboxmanage.mjs', folder)
  install(bin, 'sudo', 'sudo.mjs', folder)

  const find = (vms: readonly FakeVm[], id: string): FakeVm => {
    const found = vms.find((vm) => vm.id === id.toLowerCase())
    if (!found) throw new Error(`the fake has no VM ${id}`)
    return found
  }
  return {
    command,
    folder,
    environment: { ...environment(), PATH: `${bin}:${process.env.PATH ?? ''}` },
    calls: () => entries(join(folder, 'calls.jsonl')),
    sudoCalls: () => entries(join(folder, 'sudo.jsonl')),
    vms: () => withRegistry(folder, ({ vms }) => vms),
    vm: (id) => withRegistry(folder, ({ vms }) => find(vms, id)),
    add: (vm) =>
      withRegistry(folder, ({ vms }) => {
        const identity = {
          owner: '',
          settingsFile: join(folder, 'foreign', `${vm.id}.vbox`),
          ...vm,
          id: vm.id.toLowerCase(),
        }
        vms.push({ ...newVm(identity), ...identity })
      }),
    change: (id, change) =>
      withRegistry(folder, ({ vms }) => {
        Object.assign(find(vms, id), change)
      }),
    configure: (change) =>
      withRegistry(folder, ({ settings: present }) => {
        Object.assign(present, change)
      }),
    setHostOnly: (names) =>
      withRegistry(folder, (present) => {
        present.hostOnly = [...names]
      }),
    fault: (fault) =>
      withRegistry(folder, ({ faults }) => {
        faults.push({ when: 'before', text: 'Something failed', result: 'NS_ERROR_FAILURE', times: 1, ...fault })
      }),
    clearFaults: () =>
      withRegistry(folder, (present) => {
        present.faults = []
      }),
  }
}

/** A shell script that runs the program without the Node options of the test's environment. */
function install(bin: string, name: string, script: string, folder: string): string {
  const path = join(bin, name)
  const words = [process.execPath, join(import.meta.dirname, script), folder].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  )
  writeFileSync(path, `#!/bin/sh\nunset NODE_OPTIONS NODE_V8_COVERAGE\nexec ${words.join(' ')} "$@"\n`)
  chmodSync(path, 0o755)
  return path
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function entries<T>(file: string): T[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}
