import { messageClass } from '../messages/message-class.ts'
import { messagesOf, propertyMessages } from '../messages/messages-of.ts'
import { linkAt, textAt } from '../resources/read-json.ts'
import type { JsonObject, Resource } from '../resources/resource.ts'
import { type Answer, isGood } from './answer.ts'
import { authorized } from './authorized.ts'
import type { Bmc } from './bmc.ts'
import { answerFailure, kindOf, name } from './failure.ts'
import { etagOf, nextIfMatch } from './if-match.ts'
import type { Login } from './login.ts'
import type { WriteAnswer } from './redfish-connection.ts'
import { RedfishError } from './redfish-error.ts'
import { pathOf } from './redfish-path.ts'
import type { Request } from './request.ts'
import type { Run } from './run.ts'

/** Attempts of one write through the ladder of If-Match. */
const LADDER_LIMIT = 6

/** What each verb needs: the BMC, who speaks to it, and the call on its way. */
export interface Speaker {
  readonly bmc: Bmc
  readonly login: Login
}

/** A link or path as a path. @throws RedfishError */
export function checkedPath({ bmc }: Speaker, path: string, run: Run): string {
  const checked = pathOf(path)
  if (checked !== undefined) return checked
  const what = `${JSON.stringify(path.slice(0, 200))} is no path of a resource`
  throw new RedfishError('invalid', bmc.address, what, { sent: run.sent })
}

/** One GET. @throws RedfishError unless the answer is a resource */
export async function read(
  speaker: Speaker,
  path: string,
  run: Run,
  options: Pick<Request, 'isPatient'> & { readonly own?: boolean } = {},
): Promise<Resource> {
  const request: Request = { own: true, ...options, method: 'GET', path: checkedPath(speaker, path, run) }
  const answer = await authorized(speaker.bmc, speaker.login, request, run)
  return resourceOf(speaker, request, answer, run)
}

export function resourceOf({ bmc }: Speaker, request: Request, answer: Answer, run: Run): Resource {
  if (!isGood(answer)) throw answerFailure(bmc.address, request, answer, run)
  if (!answer.body) {
    const what = `the answer to ${name(request)} ${answer.fault ?? 'is empty'}`
    const details = { sent: run.sent, path: request.path, status: answer.status }
    throw new RedfishError('malformed', bmc.address, what, details)
  }
  const etag = etagOf(answer.headers.etag, textAt(answer.body, '@odata.etag'))
  return { path: request.path, body: answer.body, ...(etag !== undefined && { etag }) }
}

/** PATCH or DELETE, by the ladder of If-Match. @throws RedfishError */
export async function writeMatched(
  speaker: Speaker,
  request: Request,
  etag: string | undefined,
  run: Run,
): Promise<WriteAnswer> {
  const { bmc, login } = speaker
  const tried: (string | undefined)[] = []
  let fresh: string | undefined | null = null
  let ifMatch = bmc.takesAnyETag ? '*' : etag
  for (;;) {
    tried.push(ifMatch)
    const attempt = { ...request, ...(ifMatch !== undefined && { ifMatch }) }
    const answer = await authorized(bmc, login, attempt, run)
    if (answer.messages.some(({ id }) => /^ami\..*\.PreconditionHeaderMissing$/i.test(id))) bmc.learnAnyETag()
    if (kindOf(request, answer) !== 'precondition' || tried.length >= LADDER_LIMIT) {
      return writeAnswer(speaker, request, answer, run)
    }
    let step = nextIfMatch(answer.status, tried, fresh, bmc.takesAnyETag)
    if (step === 'read') {
      fresh = (await read(speaker, request.path, run, { own: false })).etag
      step = nextIfMatch(answer.status, tried, fresh, bmc.takesAnyETag)
    }
    if (typeof step === 'string') return writeAnswer(speaker, request, answer, run)
    bmc.counters.repeats += 1
    ifMatch = step.ifMatch
  }
}

/** POST, once. @throws RedfishError */
export async function post(speaker: Speaker, path: string, body: JsonObject, run: Run): Promise<WriteAnswer> {
  const request: Request = { method: 'POST', path: checkedPath(speaker, path, run), body, own: true }
  const answer = await authorized(speaker.bmc, speaker.login, request, run)
  return writeAnswer(speaker, request, answer, run)
}

/** What an accepted write says. A body that cannot be read changes nothing of that. @throws RedfishError */
function writeAnswer({ bmc }: Speaker, request: Request, answer: Answer, run: Run): WriteAnswer {
  if (!isGood(answer)) throw answerFailure(bmc.address, request, answer, run)
  const { status, headers, body } = answer
  const location = pathOf(headers.location ?? '')
  const task = status === 202 ? taskPath(location, body) : undefined
  const hide = (message: WriteAnswer['messages'][number]) => ({
    ...message,
    text: run.hide(message.text),
    args: message.args.map(run.hide),
  })
  const refused = propertyMessages(body)
    .map(({ property, message }) => ({ property, message: hide(message) }))
    .filter(({ message }) => messageClass(message) !== 'fine')
  return {
    status,
    messages: messagesOf(body).map(hide),
    refused,
    ...(body && { body }),
    ...(location !== undefined && { location }),
    ...(task !== undefined && { task }),
  }
}

/** The monitor of a 202: its Location, else the task in the body. */
function taskPath(location: string | undefined, body: JsonObject | undefined): string | undefined {
  return location ?? pathOf(textAt(body, 'TaskMonitor') ?? '') ?? pathOf(linkAt(body) ?? '')
}
