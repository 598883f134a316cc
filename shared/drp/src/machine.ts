import { field, openShape } from './shape.ts'

/** Missing fields get their empty value; `Uuid` may be empty only before a machine is created. @throws DecodeError */
export const decodeMachine = openShape('Machine', {
  Name: field.name,
  Description: field.text,
  /** Assigned on creation; never changes. */
  Uuid: field.text,
  /** IP address of the running system, not of its BMC. */
  Address: field.text,
  Arch: field.text,
  BootEnv: field.text,
  Stage: field.text,
  Workflow: field.text,
  Profiles: field.strings,
  Params: field.object,
  HardwareAddrs: field.strings,
  Runnable: field.flag,
  Locked: field.flag,
  Available: field.flag,
  Meta: field.texts,
})

/** The fields of a machine that Powerbus uses (§5). Other fields are kept unchanged. */
export type Machine = ReturnType<typeof decodeMachine>
