import type { BootRequest, PowerOperation } from './driver.ts'
import type { PowerParamValues } from './params.ts'

export type PowerVerb =
  | 'poweron'
  | 'poweroff'
  | 'powercycle'
  | 'powershutdown'
  | 'powerreset'
  | 'powerdiag'
  | 'powerstatus'
  | 'accycle'

export type BootVerb = 'nextbootpxe' | 'nextbootdisk' | 'nextbootcd' | 'nextbootbios' | 'forcebootpxe' | 'forcebootdisk'

export interface PowerVerbFacts {
  readonly description: string
  /** Takes the machine down: refused where power/protected is true. */
  readonly takesDown: boolean
  /** What may be sent, in order, and when; `status` goes first. */
  readonly steps: readonly PowerStep[]
}

export interface PowerStep {
  readonly when: string
  readonly send: PowerOperation
}

/** What the power verbs are, in every service. */
export const powerVerbs: Readonly<Record<PowerVerb, PowerVerbFacts>> = {
  poweron: {
    description: 'Switch the machine on, and check that it is on',
    takesDown: false,
    steps: [{ when: 'the machine is off', send: 'on' }],
  },
  poweroff: {
    description: 'Switch the machine off hard, and check that it is off',
    takesDown: true,
    steps: [{ when: 'the machine is on', send: 'off' }],
  },
  powercycle: {
    description: 'Take the power away and give it back, once; a machine that is off is switched on',
    takesDown: true,
    steps: [
      { when: 'the machine is off', send: 'on' },
      { when: 'the machine is on, once', send: 'cycle' },
    ],
  },
  powershutdown: {
    description: 'Ask the operating system to shut down, wait, and say whether the machine went off',
    takesDown: true,
    steps: [{ when: 'the machine is on, once', send: 'soft' }],
  },
  powerreset: {
    description: 'Restart the machine hard, once, without loss of power',
    takesDown: true,
    steps: [{ when: 'the machine is on, once', send: 'reset' }],
  },
  powerdiag: {
    description: 'Send a diagnostic interrupt (NMI), once; most operating systems dump and stop',
    takesDown: true,
    steps: [{ when: 'the machine is on, once', send: 'diag' }],
  },
  powerstatus: {
    description: 'Read the power state',
    takesDown: false,
    steps: [],
  },
  accycle: {
    description:
      'Switch the machine off, cut standby power too, once, and give all back; cards that live on standby power (a DPU) restart as well',
    takesDown: true,
    steps: [
      { when: 'the machine is on', send: 'off' },
      { when: 'the machine is off, once', send: 'acCycle' },
      { when: 'the BMC is back, and the machine was on before', send: 'on' },
    ],
  },
}

/** The params that change what a verb sends. */
export type VerbParams = Pick<PowerParamValues, 'power/soft-timeout' | 'power/force-after-soft' | 'power/resend'>

/** What the verb may send with these params. */
export function stepsOf(verb: PowerVerb, params: VerbParams): readonly PowerStep[] {
  const isForced = verb === 'powershutdown' && params['power/force-after-soft']
  return [
    ...powerVerbs[verb].steps.flatMap((step) =>
      params['power/resend'] && isOnce(step) ? [step, again(step)] : [step],
    ),
    ...(isForced ? [{ when: 'it is still on after power/soft-timeout', send: 'off' } as const] : []),
  ]
}

function isOnce({ send }: PowerStep): boolean {
  return send !== 'on' && send !== 'off'
}

function again({ send }: PowerStep): PowerStep {
  return {
    when: 'that was most likely not executed, and the machine shows no trace of it: once more, in a new session',
    send,
  }
}

export interface BootVerbFacts {
  readonly description: string
  readonly device: BootRequest['device']
  readonly persistent: boolean
}

/** What the boot verbs are, in every service. */
export const bootVerbs: Readonly<Record<BootVerb, BootVerbFacts>> = {
  nextbootpxe: { description: 'Boot from the network next time', device: 'pxe', persistent: false },
  nextbootdisk: { description: 'Boot from the disk next time', device: 'disk', persistent: false },
  nextbootcd: { description: 'Boot from the CD or DVD next time', device: 'cdrom', persistent: false },
  nextbootbios: { description: 'Boot into the setup program next time', device: 'bios', persistent: false },
  forcebootpxe: { description: 'Boot from the network from now on', device: 'pxe', persistent: true },
  forcebootdisk: { description: 'Boot from the disk from now on', device: 'disk', persistent: true },
}

/** Those that name a device to boot from; what has no setup program has these alone. */
export const deviceBootVerbs = [
  'nextbootpxe',
  'nextbootdisk',
  'nextbootcd',
  'forcebootpxe',
  'forcebootdisk',
] as const satisfies readonly BootVerb[]
