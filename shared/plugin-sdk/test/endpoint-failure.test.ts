import { DrpApiError, type DrpApiErrorKind, DrpClient } from '@powerbus/drp'
import { askEndpoint, type PowerbusError, unlessGone } from '@powerbus/plugin-sdk'
import { test } from 'tap'

const drpError = { Type: 'GET', Model: 'machines', Key: 'x', Messages: ['no such machine'], Code: 404 }

async function failureOf(work: Promise<unknown>): Promise<PowerbusError> {
  return work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )
}

test('a refusal of the endpoint is told by its status, and one that passes may be retried', async (t) => {
  const refusals: readonly (readonly [DrpApiErrorKind, number, string, boolean])[] = [
    ['refused', 400, 'REQUEST_INVALID', false],
    ['unauthorized', 401, 'AUTH_FAILED', false],
    ['unauthorized', 403, 'AUTH_FAILED', false],
    ['not-found', 404, 'OBJECT_UNKNOWN', false],
    ['conflict', 409, 'OBJECT_CONFLICT', false],
    ['refused', 422, 'REQUEST_INVALID', false],
    ['refused', 429, 'TARGET_BUSY', true],
    ['refused', 500, 'TARGET_UNREACHABLE', true],
    ['refused', 503, 'TARGET_UNREACHABLE', true],
    ['timeout', 0, 'TARGET_TIMEOUT', true],
    ['protocol', 200, 'TARGET_UNREACHABLE', true],
    ['untrusted', 0, 'AUTH_FAILED', false],
  ]
  for (const [kind, status, code, retry] of refusals) {
    const cause = new DrpApiError(kind, 'GET /machines/x: why', { status })
    const failure = await failureOf(askEndpoint(Promise.reject(cause)))
    t.match(failure, { code, retry, cause, message: /endpoint's API.*why/ }, `${kind} ${status}`)
  }
})

test('an endpoint that nobody can connect to is unreachable, and the text names its API', async (t) => {
  const drp = new DrpClient({ endpoint: 'https://127.0.0.1:1', retries: 0 })
  t.teardown(() => drp.close())
  const failure = await failureOf(askEndpoint(drp.machines.get('x')))
  t.match(failure, { code: 'TARGET_UNREACHABLE', retry: true, message: /endpoint's API/ })
})

test('an object is gone where the endpoint itself says so, and not where a proxy answers 404', async (t) => {
  const said = new DrpApiError('not-found', 'x', { status: 404, drpError })
  t.equal(await unlessGone(Promise.reject(said)), undefined)
  const proxy = new DrpApiError('not-found', 'x', { status: 404 })
  t.match(await failureOf(unlessGone(Promise.reject(proxy))), { code: 'OBJECT_UNKNOWN' })
  t.equal(await unlessGone(Promise.resolve('there')), 'there')
})

test('an error that is not of the endpoint stays as it is', async (t) => {
  const error = new Error('a mistake')
  t.equal(await failureOf(askEndpoint(Promise.reject(error))), error)
})
