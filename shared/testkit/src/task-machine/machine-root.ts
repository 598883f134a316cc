import { accessSync, constants, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { tempFolder } from '../temp-folder.ts'
import type { TestScope } from '../test-scope.ts'

export interface MachineRootOptions {
  /** Further real programs, such as python3 or jq; none of these two is there otherwise. */
  readonly realPrograms?: readonly string[]
  /** Whether there is a device of a BMC; default true. */
  readonly device?: boolean
  /** Text of the firmware's table, such as `Dell Inc.`. */
  readonly vendor?: string
}

/** A folder in place of /. */
export interface MachineRoot {
  readonly root: string
  /** Folder for temporary files. */
  readonly temp: string
  /** Variables for scripts: where what they look for is. Nothing of the test's own environment is in them. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of a program: below the root where its name is an absolute path, and otherwise on the PATH. */
  programPath(program: string): string
}

/** Programs that every Linux machine has. jq, python3, curl and ipmitool are not among them. */
const basics =
  'awk base64 basename bash cat chmod cp cut date dirname env expr false find grep head id ln ls mkdir mktemp mv od printf ' +
  'readlink rm rmdir sed seq sh sleep sort stat tac tail tee test timeout touch tr true uname uniq wc xargs'

/** Makes the folder. The device of the BMC is an empty file, and the PATH has links to programs of this machine. */
export function makeMachineRoot(scope: TestScope, options: MachineRootOptions): MachineRoot {
  const root = tempFolder(scope)
  const [bin, temp, device, vendor] = ['bin', 'tmp', 'dev/ipmi0', 'sys/sys_vendor'].map((path) => join(root, path)) as [
    string,
    string,
    string,
    string,
  ]
  for (const folder of ['bin', 'tmp', 'dev', 'sys', 'etc']) mkdirSync(join(root, folder))
  for (const name of [...basics.split(' '), ...(options.realPrograms ?? [])]) symlinkSync(found(name), join(bin, name))
  if (options.device ?? true) writeFileSync(device, '')
  writeFileSync(vendor, `${options.vendor ?? 'Powerbus'}\n`)
  const environment = {
    ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
    PATH: bin,
    HOME: root,
    TMPDIR: temp,
    RS_RUNNER_DIR: root,
    IPMI_DEVICES: device,
    IPMI_SYS_VENDOR: vendor,
    IPMI_OS_RELEASE: join(root, 'etc/os-release'),
    IPMI_RACADM: join(root, 'racadm'),
    IPMI_HPONCFG: join(root, 'hponcfg'),
    IPMI_ONECLI: join(root, 'OneCli'),
    IPMI_PAUSE: 'true',
  }
  const programPath = (program: string) => join(isAbsolute(program) ? root : bin, program)
  return { root, temp, environment, programPath }
}

function found(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const path = folders.map((folder) => join(folder, name)).find(isProgram)
  if (path === undefined) throw new Error(`this machine has no program ${name}`)
  return path
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
