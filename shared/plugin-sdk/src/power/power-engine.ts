import { type Clock, systemClock } from '@powerbus/turns'
import type { ActionCall } from '../action-call.ts'
import { type BootLoss, type BootOutcome, readBoot, setBoot } from './boot-verbs.ts'
import { changeBudgetMs, powerBudgetMs, readBudgetMs } from './budget.ts'
import { type Able, capable, unsupported } from './capability.ts'
import type { Commit, Coordinator, Sent } from './coordinator.ts'
import type { BootRequest, PowerConnection, PowerDriver } from './driver.ts'
import { bootSteps, type DryRun, dryRun, otherSteps, powerSteps } from './dry-run.ts'
import { findOutcome } from './find-outcome.ts'
import { withoutName } from './open-end.ts'
import type { PowerParamValues, ReadParamValues } from './params.ts'
import type { PowerOutcome } from './power-verbs.ts'
import { assertMayTakeDown, type TakingDown } from './protection.ts'
import { memoryCoordinator } from './store-coordinator.ts'
import { type Turn, takeTurn, type Work } from './turn.ts'
import { verbRunner } from './verb-runner.ts'
import { type PowerVerb, powerVerbs } from './verbs.ts'

/** The result of a power command. */
export interface PowerResult {
  /** The last state that was read. */
  readonly Power: 'on' | 'off'
  readonly Changed: boolean
  /** False where the BMC acknowledged the command, and nothing shows its effect: also where it did not answer any more. */
  readonly Verified: boolean
  /** How often a command that changes something was sent: 0 where nothing had to be; 2 for a cycle that power/resend sent again. For powerstatus 1. */
  readonly Attempts: number
  readonly ElapsedMs: number
}

/** The result of a boot command. */
export interface BootResult {
  readonly BootDevice: string
  readonly Persistent: boolean
  /** Null where the BMC does not say. */
  readonly EFI: boolean | null
  /** The BMC reports exactly what was asked for, and that it is valid. */
  readonly Verified: boolean
  /** What it reports otherwise; absent where Verified is true. */
  readonly Lost?: readonly BootLoss[]
  /** The command was accepted, and has no effect on this machine: Note says why. */
  readonly Applied?: false
  /** What else the operator must know: for instance that the BMC drops the setting after a while. */
  readonly Note?: string
}

/** What the engine needs of an ActionContext. */
export interface ReadContext extends ActionCall {
  readonly params: ReadParamValues
}

export interface PowerContext extends ReadContext, Pick<TakingDown, 'model' | 'endpoint'> {
  readonly params: PowerParamValues
}

/** A command of a service's own that may be repeated. */
export interface OtherCommand<Connection extends PowerConnection, Result> {
  /** What would be sent, for a dry run; undefined where the driver cannot do it. */
  readonly sends: readonly (string | undefined)[]
  readonly run: Work<Connection, Result>
  /** It changes something: it waits for power/min-gap as changes do, and has power/timeout. A read where absent. */
  readonly changes?: true
  /** Milliseconds for all of it, and for one call, where it takes longer than its kind does. */
  readonly budgetMs?: number
}

export interface PowerEngineOptions {
  readonly clock?: Clock
  readonly coordinator?: Coordinator
  /** In [0, 1), for jitter. */
  readonly random?: () => number
}

/** Does what the `power/*` params say, for every service: turns, pace, repetition, checks, request ids, dry runs. */
export interface PowerEngine {
  power(verb: PowerVerb, driver: PowerDriver, context: PowerContext): Promise<PowerResult | DryRun>
  setBoot(request: BootRequest, driver: PowerDriver, context: PowerContext): Promise<BootResult | DryRun>
  getBoot(driver: PowerDriver, context: ReadContext): Promise<BootResult | DryRun>
  other<Connection extends PowerConnection, Result>(
    command: OtherCommand<Connection, Result>,
    driver: PowerDriver<Connection>,
    context: ReadContext,
  ): Promise<Result | DryRun>
}

export function createPowerEngine(options: PowerEngineOptions = {}): PowerEngine {
  const clock = options.clock ?? systemClock
  const coordinator = options.coordinator ?? memoryCoordinator(clock)
  const random = options.random ?? Math.random

  /** Runs `work` in its turn, and once per request id; `findOut` where an earlier run ended with its process. */
  function inTurn<Connection extends PowerConnection, T>(
    driver: PowerDriver<Connection>,
    context: ReadContext,
    {
      budgetMs,
      repeatable,
      callMs,
    }: { readonly budgetMs: number; readonly repeatable: boolean; readonly callMs?: number },
    work: (turn: Turn<Connection>) => Promise<T>,
    findOut: (turn: Turn<Connection>, sent: Sent) => Promise<T> = work,
  ): Promise<T> {
    const { command, params, signal } = context
    const { key } = driver
    const deadlineMs = Math.min(clock.nowMs() + budgetMs, context.deadlineMs)
    const named = params['power/request-id']
    const minGap = params['power/min-gap']
    const minGapMs = minGap === undefined ? undefined : minGap * 1000
    const hold = (commit: Commit, run: (turn: Turn<Connection>) => Promise<T>) => {
      const holder = { command, requestId: named ?? context.requestId }
      const waitMs = Math.max(0, deadlineMs - clock.nowMs())
      const claim = { key, holder, waitMs, firstGapMs: minGapMs ?? 0, signal }
      return coordinator.hold(claim, (lease) =>
        takeTurn(
          { driver, clock, random, lease, commit, signal, deadlineMs, minGapMs, ...(callMs && { callMs }) },
          run,
        ),
      )
    }
    if (named === undefined) return withoutName((commit) => hold(commit, work))
    const claim = {
      requestId: named,
      subject: `${command} ${key}`,
      signal,
      repeatable,
      findOut: (sent: Sent, commit: Commit) => hold(commit, (turn) => findOut(turn, sent)),
    }
    return coordinator.once(claim, (commit) => hold(commit, work))
  }

  return {
    async power(verb, driver, context) {
      const { command, params } = context
      if (powerVerbs[verb].takesDown) await assertMayTakeDown(context, driver.key)
      const runner = verbRunner(verb, driver, command, params)
      if (params['power/dry-run']) return dryRun(driver, command, powerSteps(verb, driver, params))
      const startedMs = clock.nowMs()
      const result = (outcome: PowerOutcome, attempts: number): PowerResult => ({
        Power: outcome.power,
        Changed: outcome.changed,
        Verified: outcome.verified,
        Attempts: attempts,
        ElapsedMs: Math.round(clock.nowMs() - startedMs),
      })
      return inTurn(
        runner.driver,
        context,
        { budgetMs: powerBudgetMs(verb, params), repeatable: verb === 'powerstatus' },
        async (turn) => result(await runner.run(turn), verb === 'powerstatus' ? 1 : turn.changesSent),
        // The verb has been found possible: each needs `status`, and the one that may have sent `on` needs that too.
        async (turn, sent) => result(await findOutcome(turn as Turn<Able<'status' | 'on'>>, sent), sent.attempt ?? 1),
      )
    },

    async setBoot(request, driver, context) {
      const { command, params } = context
      if (driver.describeBoot?.(request) === undefined) throw unsupported(driver, command)
      if (params['power/dry-run']) return dryRun(driver, command, bootSteps(request, driver))
      if (driver.bootIgnored !== undefined) return ignoredBoot(request, driver.bootIgnored)
      const able = capable(driver, command, ['getBoot', 'setBoot'])
      return inTurn(able, context, { budgetMs: changeBudgetMs(params), repeatable: false }, async (turn) =>
        bootResult(await setBoot(turn, request)),
      )
    },

    async getBoot(driver, context) {
      const { command, params } = context
      const able = capable(driver, command, ['getBoot'])
      if (params['power/dry-run']) return dryRun(driver, command, otherSteps([driver.describe('getBoot')]))
      return inTurn(able, context, { budgetMs: readBudgetMs(params), repeatable: true }, async (turn) =>
        bootResult(await readBoot(turn)),
      )
    },

    async other({ sends, run, changes = false, budgetMs: ownMs }, driver, context) {
      const { command, params } = context
      if (sends.includes(undefined)) throw unsupported(driver, command)
      if (params['power/dry-run']) return dryRun(driver, command, otherSteps(sends))
      const budgetMs = ownMs ?? (changes ? changeBudgetMs(params) : readBudgetMs(params))
      const limits = { budgetMs, repeatable: !changes, ...(ownMs !== undefined && { callMs: ownMs }) }
      return inTurn(driver, context, limits, (turn) => (changes ? turn.change(run) : turn.read(run)))
    },
  }
}

function ignoredBoot({ device, persistent }: BootRequest, reason: string): BootResult {
  return { BootDevice: device, Persistent: persistent, EFI: null, Verified: false, Applied: false, Note: reason }
}

function bootResult({ setting, lost }: BootOutcome): BootResult {
  const { device, persistent, efi, note } = setting
  const isVerified = lost.length === 0
  return {
    BootDevice: device,
    Persistent: persistent,
    EFI: efi,
    Verified: isVerified,
    ...(!isVerified && { Lost: lost }),
    ...(note && { Note: note }),
  }
}
