import { FieldReader, type JsonObject } from './field-reader.ts'

/** The fields of a machine that Powerbus uses (§5). Other fields are kept unchanged. */
export interface Machine extends JsonObject {
  readonly Name: string
  readonly Description: string
  /** Assigned on creation; never changes. */
  readonly Uuid: string
  /** IP address of the running system, not of its BMC. */
  readonly Address: string
  readonly Arch: string
  readonly BootEnv: string
  readonly Stage: string
  readonly Workflow: string
  readonly Profiles: readonly string[]
  readonly Params: JsonObject
  readonly HardwareAddrs: readonly string[]
  readonly Runnable: boolean
  readonly Locked: boolean
  readonly Available: boolean
  readonly Meta: Readonly<Record<string, string>>
}

/** Missing fields get their empty value; `Uuid` may be empty only before a machine is created. @throws DecodeError */
export function decodeMachine(value: unknown): Machine {
  const read = new FieldReader(value, 'Machine')
  return {
    ...read.fields,
    Name: read.name('Name'),
    Description: read.string('Description', ''),
    Uuid: read.string('Uuid', ''),
    Address: read.string('Address', ''),
    Arch: read.string('Arch', ''),
    BootEnv: read.string('BootEnv', ''),
    Stage: read.string('Stage', ''),
    Workflow: read.string('Workflow', ''),
    Profiles: read.strings('Profiles'),
    Params: read.object('Params', {}),
    HardwareAddrs: read.strings('HardwareAddrs'),
    Runnable: read.boolean('Runnable', false),
    Locked: read.boolean('Locked', false),
    Available: read.boolean('Available', false),
    Meta: read.texts('Meta'),
  }
}
