import { type Answer, readAnswer } from './answer.ts'
import type { Bmc } from './bmc.ts'
import { endFailure, name, wireFailure } from './failure.ts'
import { RedfishError } from './redfish-error.ts'
import { otherSlash, pathOf } from './redfish-path.ts'
import type { Request } from './request.ts'
import type { Run } from './run.ts'
import { type WireAnswer, WireFailure } from './wire.ts'

const REDIRECT_LIMIT = 5
const baseHeaders = { accept: 'application/json', 'odata-version': '4.0', 'user-agent': 'powerbus' }

/**
 * Sends one request and returns the BMC's answer, whatever its status. It follows redirects on the same host, tries the
 * path with and without a trailing slash, asks for gzip where the BMC has nothing else, and sends again what a
 * connection lost that the BMC had closed; a POST is never sent again for that. @throws RedfishError
 */
export async function exchange(
  bmc: Bmc,
  request: Request,
  authorization: Readonly<Record<string, string>>,
  run: Run,
): Promise<Answer> {
  let path = bmc.withLearntSlash(request.path)
  let encoding = 'identity'
  let redirects = 0
  let missing: Answer | undefined
  for (;;) {
    const headers = { ...baseHeaders, 'accept-encoding': encoding, ...authorization }
    const answer = await readAnswer(await send(bmc, { ...request, path }, headers, run), run.maxBytes)
    if (isRedirect(request, answer)) {
      redirects += 1
      const next = redirected(bmc, request, answer, redirects, run)
      if (next === otherSlash(path)) bmc.learnSlash(next)
      path = next
    } else if (answer.status === 406 && encoding === 'identity') {
      encoding = 'gzip'
    } else if (answer.status === 404 && !missing && otherSlash(path) !== path) {
      missing = answer
      path = otherSlash(path)
    } else {
      if (missing && answer.status === 404) return missing
      if (missing && answer.status < 500) bmc.learnSlash(path)
      return answer
    }
  }
}

function isRedirect({ method }: Request, { status, headers }: Answer): boolean {
  if (headers.location === undefined) return false
  return status === 307 || status === 308 || (method === 'GET' && [301, 302, 303].includes(status))
}

/** The path to go on with. @throws RedfishError after too many, and for another host. */
function redirected(bmc: Bmc, request: Request, answer: Answer, redirects: number, run: Run): string {
  const target = answer.headers.location ?? ''
  const details = { sent: run.sent, path: request.path, status: answer.status }
  const refuse = (what: string) => new RedfishError('malformed', bmc.address, `${name(request)} ${what}`, details)
  if (redirects > REDIRECT_LIMIT) throw refuse(`was redirected more than ${REDIRECT_LIMIT} times`)
  const path = pathOf(target)
  if (path === undefined) throw refuse('was redirected to something that is no path')
  if (!bmc.isHere(target)) throw refuse('was redirected to another host or port, which is not followed')
  return path
}

/** One exchange in the BMC's turn. */
async function send(
  bmc: Bmc,
  request: Request,
  headers: Readonly<Record<string, string>>,
  run: Run,
): Promise<WireAnswer> {
  const { deadline } = run
  const body = request.body && JSON.stringify(request.body)
  const isWrite = request.own && request.method !== 'GET'
  for (let repeat = 0; ; repeat++) {
    try {
      await bmc.turn.take(deadline)
    } catch {
      throw endFailure(bmc.address, request, run)
    }
    try {
      bmc.counters.requests += 1
      const answer = await bmc.wire.exchange({
        method: request.method,
        path: request.path,
        headers: {
          ...headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(request.ifMatch !== undefined && { 'if-match': request.ifMatch }),
        },
        ...(body !== undefined && { body }),
        maxBytes: run.maxBytes,
        signal: deadline.signal,
        fresh: request.method === 'POST',
      })
      if (request.own) run.sent = true
      if (isWrite) run.isOpen = false
      return answer
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error
      if (request.own && error.sent) run.sent = true
      if (isWrite && error.sent) run.isOpen = true
      if (!mayRepeat(request, error) || repeat > 0) throw wireFailure(bmc.address, request, error, run)
      bmc.counters.repeats += 1
    } finally {
      bmc.turn.give()
    }
  }
}

/** Some BMCs reset a connection that was used before. What they may have carried out is not sent again. */
function mayRepeat({ method }: Request, { reason, reused }: WireFailure): boolean {
  return reused && (reason === 'lost' || reason === 'cut') && method !== 'POST'
}
