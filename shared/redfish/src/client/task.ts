import { messagesOf } from '../messages/messages-of.ts'
import type { RedfishMessage } from '../messages/redfish-message.ts'
import { listAt, textAt } from '../resources/read-json.ts'
import type { JsonObject } from '../resources/resource.ts'
import { type Answer, isGood } from './answer.ts'
import { authorized } from './authorized.ts'
import { answerFailure, name } from './failure.ts'
import type { ActionAnswer } from './redfish-connection.ts'
import { RedfishError } from './redfish-error.ts'
import { pathOf } from './redfish-path.ts'
import type { Request } from './request.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Run } from './run.ts'
import { checkedPath, type Speaker } from './verbs.ts'

const POLL_MS = 5_000

/** What the body of a task or job says of its end. */
export type TaskVerdict = { readonly state: string; readonly is: 'running' | 'done' | 'failed' }

/** By TaskState (DSP2046) and by the JobState of Dell's jobs, in lower case. Every other one is still running. */
const ends: ReadonlyMap<string, 'done' | 'failed'> = new Map(
  Object.entries({
    completed: 'done',
    rebootcompleted: 'done',
    killed: 'failed',
    exception: 'failed',
    cancelled: 'failed',
    failed: 'failed',
    completedwitherrors: 'failed',
    rebootfailed: 'failed',
  } as const),
)

/** Undefined where the body is neither task nor job. */
export function taskVerdict(body: JsonObject | undefined): TaskVerdict | undefined {
  const state = textAt(body, 'TaskState') ?? textAt(body, 'JobState')
  if (state === undefined) return undefined
  const status = textAt(body, 'TaskStatus')
  const end = ends.get(state.toLowerCase())
  if (end === 'done' && status !== undefined && status !== 'OK') return { state, is: 'failed' }
  // A Dell job that stays so for ever.
  const isStuck = state === 'Scheduled' && /job processing initialization failure/i.test(textAt(body, 'Message') ?? '')
  return { state, is: isStuck ? 'failed' : (end ?? 'running') }
}

/**
 * Polls a task monitor, task or job to its end, by Retry-After or every 5 s. The task itself is never cancelled.
 * @throws RedfishError `task-failed` with the BMC's reasons; the deadline's error while it still runs
 */
export async function pollTask(
  speaker: Speaker,
  path: string,
  task: string | undefined,
  run: Run,
): Promise<ActionAnswer> {
  let at = checkedPath(speaker, path, run)
  let resource = task
  for (;;) {
    const request: Request = { method: 'GET', path: at, own: false }
    const answer = await authorized(speaker.bmc, speaker.login, request, run)
    const verdict = taskVerdict(answer.body)
    const job = jobOf(answer.body)
    if (job !== undefined && job !== at) {
      // The update goes on as a job of its own.
      at = job
      resource = undefined
    } else if (answer.status === 202 ? verdict?.is !== 'failed' : isGood(answer) && verdict?.is === 'running') {
      resource ??= pathOf(textAt(answer.body, '@odata.id') ?? '')
      await run.deadline.sleep(retryAfterMs(answer.headers['retry-after'], answer.headers.date) ?? POLL_MS)
    } else if ([404, 410].includes(answer.status) && resource !== undefined && resource !== at) {
      // The monitor goes when the task has ended; the task itself says how.
      at = resource
      resource = undefined
    } else if (isGood(answer) && !verdict && resource !== undefined && resource !== at) {
      // The operation's own answer. The task may know better.
      return ended(speaker, request, answer, await taskAnswer(speaker, resource, run), run)
    } else return ended(speaker, request, answer, answer, run)
  }
}

/** The task after its monitor's last answer; undefined where it has gone already. */
async function taskAnswer(speaker: Speaker, path: string, run: Run): Promise<Answer | undefined> {
  const answer = await authorized(speaker.bmc, speaker.login, { method: 'GET', path, own: false }, run)
  return isGood(answer) ? answer : undefined
}

function ended(speaker: Speaker, request: Request, answer: Answer, task: Answer | undefined, run: Run): ActionAnswer {
  if (!isGood(answer)) throw answerFailure(speaker.bmc.address, request, answer, run)
  const verdict = taskVerdict(task?.body)
  const messages = taskMessages(task?.body ?? answer.body).map((message) => ({
    ...message,
    text: run.hide(message.text),
    args: message.args.map(run.hide),
  }))
  if (verdict?.is === 'failed') {
    const said = messages
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .slice(0, 3)
      .join(' ')
    const what = `the task of ${name(request)} ended as ${verdict.state}${said && `: ${said}`}`
    const details = { status: answer.status, messages, sent: run.sent, path: request.path }
    throw new RedfishError('task-failed', speaker.bmc.address, what, details)
  }
  return {
    status: answer.status,
    messages,
    refused: [],
    ...(answer.body && { body: answer.body }),
    ...(verdict && { taskState: verdict.state }),
  }
}

/** Messages of a task, and the one of a Dell job. */
function taskMessages(body: JsonObject | undefined): RedfishMessage[] {
  if (!body) return []
  const job = textAt(body, 'JobState') === undefined ? undefined : { MessageId: body.MessageId, Message: body.Message }
  return messagesOf({ '@Message.ExtendedInfo': [...listAt(body, 'Messages'), ...(job ? [job] : [])] }).concat(
    messagesOf(body),
  )
}

/** Path of the job that an update became, by its message OperationTransitionedToJob. */
function jobOf(body: JsonObject | undefined): string | undefined {
  const moved = taskMessages(body).find(({ key }) => key === 'OperationTransitionedToJob')
  return moved && pathOf(moved.args[0] ?? '')
}
