import { field, struct, structs, textOr } from '../shape.ts'
import { model } from './model.ts'
import { partial, sharedFields } from './shared-fields.ts'

export const machineModel = model({
  prefix: 'machines',
  title: 'Machine',
  key: 'Uuid',
  fields: {
    ...sharedFields,
    ...partial,
    Name: field.name,
    Description: field.text,
    /** Assigned on creation; never changes. */
    Uuid: field.text,
    /** UUID of a job; Powerbus runs none. */
    CurrentJob: field.text,
    /** IP address of the running system, not of its BMC. */
    Address: field.text,
    Stage: field.text,
    BootEnv: field.text,
    Profiles: field.strings,
    Params: field.object,
    Tasks: field.strings,
    /** Place of the present task in Tasks; -1 before the first. */
    CurrentTask: field.integer,
    RetryTaskAttempt: field.integer,
    TaskErrorStacks: structs({ CurrentTask: field.integer, TaskList: field.strings, CurrentJob: field.text }),
    Runnable: field.flag,
    Secret: field.text,
    OS: field.text,
    /** MAC addresses. */
    HardwareAddrs: field.strings,
    Workflow: field.text,
    /** As GOARCH has it. */
    Arch: textOr('amd64'),
    Locked: field.flag,
    Context: field.text,
    Fingerprint: struct({
      /** Hashes in base64. */
      SSNHash: field.text,
      CSNHash: field.text,
      CloudInstanceID: field.text,
      SystemUUID: field.text,
      MemoryIds: field.strings,
    }),
    Pool: field.text,
    PoolAllocated: field.flag,
    PoolStatus: field.text,
    WorkflowComplete: field.flag,
  },
  unique: ['Name'],
  indexes: {
    Uuid: 'UUID',
    Name: 'string',
    Stage: 'string',
    Workflow: 'string',
    BootEnv: 'string',
    Address: 'IP Address',
    Runnable: 'boolean',
    Arch: 'string',
    OS: 'string',
    Locked: 'boolean',
    Context: 'string',
    Pool: 'string',
    PoolAllocated: 'boolean',
    PoolStatus: 'string',
    WorkflowComplete: 'boolean',
    HardwareAddrs: 'list',
    Profiles: 'list',
    Params: 'list',
  },
})

/** Missing fields get their zero value; `Uuid` may be empty only before a machine is created. @throws DecodeError */
export const decodeMachine = machineModel.decode

/** A machine (plugin contract §5). Fields that DRP does not know are kept unchanged. */
export type Machine = ReturnType<typeof decodeMachine>
