import { CompletionCode } from '../spec/completion-code.ts'
import { BMC_ADDRESS, type LanRequest, lanResponse } from '../wire/lan-message.ts'
import { type Reply, refusal } from './answer.ts'
import type { BmcOptions } from './bmc-options.ts'
import { ChassisTimeoutError, withChassisTimeout } from './chassis-timeout.ts'
import type { CommandContext } from './command-context.ts'
import { answerCommand, answerOf } from './command-table.ts'
import type { DropReason } from './counters.ts'
import { type FaultRule, takeRule } from './fault-rule.ts'
import type { Uptime } from './uptime.ts'

/** Most commands that wait for the chassis at one time; further commands get C0h (node busy). */
const MAX_PENDING_COMMANDS = 64

/** Executes requests and answers them, at once or later, as the chassis and the rules of BmcFaults have it. */
export class Answering {
  readonly #options: Pick<BmcOptions, 'clock' | 'onChassisError'>
  readonly #uptime: Uptime
  readonly #drop: (reason: DropReason) => void
  #pending = 0

  constructor(
    options: Pick<BmcOptions, 'clock' | 'onChassisError'>,
    uptime: Uptime,
    drop: (reason: DropReason) => void,
  ) {
    this.#options = options
    this.#uptime = uptime
    this.#drop = drop
  }

  /** `reply` packs and sends the response message under the given rule; a request without an answer does not call it. */
  answer(request: LanRequest, context: CommandContext, reply: (message: Uint8Array, rule: FaultRule) => void) {
    const known = answerOf(request)
    if (request.responder !== BMC_ADDRESS) return this.#drop('unsupported')
    const rule = takeRule(context.faults.rules, () => ({
      message: known?.name,
      data: request.data,
      suite: context.session?.slot.suite.id,
      privilege: undefined,
    }))
    if (rule.lose === 'request') return this.#drop('fault')
    const send = ({ completionCode, data: plain }: Reply) => {
      context.counters.commands++
      const data = rule.alter === undefined ? plain : rule.alter(plain)
      reply(lanResponse.encode({ ...request, netFn: request.netFn + 1, completionCode, data }), rule)
    }
    const respond = this.#uptime.unlessRestarted((answer: Reply) =>
      this.#uptime.after(rule.answerAfterMs, () => {
        if (rule.silent) this.#drop('fault')
        else send(answer)
        if (answer.completionCode === CompletionCode.Ok) known?.afterwards?.(context)
      }),
    )
    if (rule.completionCode !== undefined) return respond(refusal(rule.completionCode))
    // The level counts that the session has when the request arrives.
    const level = context.session?.stage.privilegeLevel
    this.#uptime.after(rule.executeAfterMs, () => this.#execute(request, context, level, respond))
  }

  #execute(request: LanRequest, context: CommandContext, level: number | undefined, respond: (reply: Reply) => void) {
    if (this.#pending >= MAX_PENDING_COMMANDS) return respond(refusal(CompletionCode.NodeBusy))
    const fail = (error: unknown) => {
      context.counters.chassisErrors++
      this.#options.onChassisError?.(error)
      const timedOut = error instanceof ChassisTimeoutError
      respond(refusal(timedOut ? CompletionCode.Timeout : CompletionCode.Unspecified))
    }
    let answer: ReturnType<typeof answerCommand>
    try {
      answer = answerCommand(request, context, level)
    } catch (error) {
      return fail(error)
    }
    if (answer === undefined) return this.#drop('fault')
    if (!(answer instanceof Promise)) return respond(answer)
    this.#pending++
    void withChassisTimeout(this.#options.clock, answer)
      .then(respond, fail)
      .finally(() => {
        this.#pending--
      })
  }
}
