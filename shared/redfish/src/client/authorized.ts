import { classOf } from '../messages/message-class.ts'
import { type Answer, isGood } from './answer.ts'
import type { Bmc } from './bmc.ts'
import { answerFailure, kindOf } from './failure.ts'
import { isSessionLost, type Login } from './login.ts'
import type { Request } from './request.ts'
import { busyWaitMs, retryAfterMs } from './retry-after.ts'
import type { Run } from './run.ts'

/** A read that failed inside the BMC is sent again so often. */
const INTERNAL_REPEATS = 2
const INTERNAL_WAIT_MS = 2_000

/**
 * Sends a request with the login's session or password, and again while the BMC says that it is not ready, as long as
 * call and schedule allow. Returns the last answer, whatever its status. @throws RedfishError
 */
export async function authorized(bmc: Bmc, login: Login, request: Request, run: Run): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await withLogin(bmc, login, request, run)
    const wait = run.retryBusy && request.isPatient !== false ? waitMs(request, answer, attempt) : undefined
    if (wait === undefined || wait >= run.deadline.remainingMs) return final(bmc, login, request, answer, run)
    bmc.counters.repeats += 1
    await run.deadline.sleep(wait)
  }
}

function final({ address }: Bmc, { refusals }: Login, request: Request, answer: Answer, run: Run): Answer {
  if (answer.status === 401) throw refusals.borne(answerFailure(address, request, answer, run))
  return answer
}

/** Undefined where a repeat is of no use, or could do something twice. */
function waitMs(request: Request, answer: Answer, attempt: number): number | undefined {
  if (isGood(answer)) return undefined
  const retryAfter = retryAfterMs(answer.headers['retry-after'], answer.headers.date)
  // A baseboard whose host is off says so until the host is on.
  if (answer.messages.some(({ key }) => key === 'HMCCommuicationFailed')) return undefined
  // Borne by `withLogin`: the credentials were right before.
  if (answer.status === 401 || kindOf(request, answer) === 'busy') return busyWaitMs(attempt, retryAfter)
  if (request.method !== 'GET' || attempt >= INTERNAL_REPEATS) return undefined
  const isInternal = classOf(answer.messages) === 'internal' || [500, 502, 504].includes(answer.status)
  return isInternal ? (retryAfter ?? INTERNAL_WAIT_MS) : undefined
}

/** With one new login where the BMC no longer knows the session: a request that got 401 was not carried out. */
async function withLogin(bmc: Bmc, login: Login, request: Request, run: Run): Promise<Answer> {
  for (;;) {
    const { answer, session } = await login.send(request, run)
    if (session && isSessionLost(answer) && !run.loggedInAgain) {
      run.loggedInAgain = true
      bmc.counters.repeats += 1
      await login.drop(session)
      continue
    }
    // A BMC that had no sessions while it started may have some by now.
    if (answer.status === 401 && !session) bmc.basicOnly = false
    if (answer.status !== 401) login.refusals.accepted()
    else if (!login.refusals.isBorne()) throw answerFailure(bmc.address, request, answer, run)
    return answer
  }
}
