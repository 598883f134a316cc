import { defineParam, type ParamValues } from '../param.ts'

/** Seconds. A power state that does not hold after this is a 504; waiting for one's turn counts. */
export const powerTimeout = defineParam({
  name: 'power/timeout',
  external: true,
  description: 'Seconds until a power or boot command must have taken effect',
  documentation:
    'Unit: seconds, 1 to 3600. Covers waiting for the turn, sending, repeating where that is safe, and checking the result. Commands that only read give up after 15 seconds, or after this time if it is shorter.',
  schema: { type: 'number', minimum: 1, maximum: 3600, default: 60 },
})

export const powerSoftTimeout = defineParam({
  name: 'power/soft-timeout',
  external: true,
  description: 'Seconds that powershutdown waits for the operating system to go down',
  documentation: 'Unit: seconds, 1 to 7200. Comes on top of power/timeout.',
  schema: { type: 'number', minimum: 1, maximum: 7200, default: 600 },
})

export const powerForceAfterSoft = defineParam({
  name: 'power/force-after-soft',
  external: true,
  description: 'Let powershutdown switch the machine off hard if its operating system did not',
  schema: { type: 'boolean', default: false },
})

export const powerResend = defineParam({
  name: 'power/resend',
  external: true,
  description: 'Send a cycle, reset, interrupt or soft shutdown once more if it was most likely not executed',
  documentation:
    'For powercycle, powerreset, powerdiag and powershutdown, which are otherwise sent once. After NOT_ANSWERED alone: the BMC answered everything else for 10 seconds, its sequence numbers show no answer to this command, and its session is closed. Then the machine is looked at again, and the command is sent once more in a new session if the machine is on, shows no trace of it, and at least 12 seconds are left. The result has Attempts 2 then. A BMC that executes a command later than that, and after its session was closed, would execute it twice.',
  schema: { type: 'boolean', default: false },
})

/** No default in the schema, because it has two: 0 for reads, 1 s for changes. */
export const powerMinGap = defineParam({
  name: 'power/min-gap',
  external: true,
  description: 'Least seconds between two commands to one BMC',
  documentation:
    'Unit: seconds, 0 to 60. Where it is not set, reads wait for nothing, and a change is sent 1 second after the last change at the earliest. Where it is set, every command keeps that distance from the last one.',
  schema: { type: 'number', minimum: 0, maximum: 60 },
})

export const powerProtected = defineParam({
  name: 'power/protected',
  external: true,
  description: 'Refuse everything that would take the machine down',
  documentation:
    "Refused with 409 while true: poweroff, powercycle, powerreset, powershutdown, powerdiag, accycle, whatever state the machine is in. A request can protect a machine too, and cannot lift the machine's own protection.",
  schema: { type: 'boolean', default: false },
})

export const powerDryRun = defineParam({
  name: 'power/dry-run',
  external: true,
  description: 'Answer what would be sent, and send nothing',
  schema: { type: 'boolean', default: false },
})

export const powerRequestId = defineParam({
  name: 'power/request-id',
  external: true,
  description: 'Name of this request: the same name sent twice runs once',
  documentation:
    'The second request gets the result of the first, also while that one still runs. Remembered for an hour. A request that failed before anything was sent to change the machine is forgotten, so that it can be repeated under the same name. The same name for another command or machine is a 409.',
  schema: { type: 'string', minLength: 1, maxLength: 128 },
})

/** Read by the host, after the engine: a request id keeps the object. */
export const powerAnswer = defineParam({
  name: 'power/answer',
  external: true,
  description: "Answer with an object, or with ipmitool's words",
  documentation:
    'For scripts that search the answer. `text`: the answer of a power or boot command and of identify is the line that ipmitool prints, such as `Chassis Power is on` or `Chassis Power Control: Up/On`, with a newline at its end, in every mode of every plugin. Failures stay errors, and a dry run stays an object. The line says less than the object: `Changed`, `Verified` and the state after the command are missing, in events too. So set it where a script needs it, and nowhere else.',
  schema: { type: 'string', enum: ['object', 'text'], default: 'object' },
})

/** What commands take that neither switch the machine nor its boot device. */
export const readParams = [powerTimeout, powerMinGap, powerDryRun, powerRequestId] as const

/** The optional params of every power and boot action of every service. The bundle `powerbus` defines them. */
export const powerParams = [
  powerTimeout,
  powerSoftTimeout,
  powerForceAfterSoft,
  powerResend,
  powerMinGap,
  powerProtected,
  powerDryRun,
  powerRequestId,
  powerAnswer,
] as const

export type ReadParamValues = ParamValues<typeof readParams>
/** What the engine reads: all but power/answer. */
export type PowerParamValues = Omit<ParamValues<typeof powerParams>, typeof powerAnswer.name>
