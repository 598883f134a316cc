import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type Store } from '@powerbus/store'
import { bundledProgram, startProcess, startRedis, tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import type { LostRequest } from '../../src/power/recover-requests.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { loggedMachine } from './logged-machine.ts'
import { powerContext } from './power-context.ts'
import type { ReplicaRequest, ReplicaTask } from './replica-process.ts'

/** Of the replicas that die or freeze. */
const LOCK_TTL_MS = 1000

/** What another replica answers to the same request, what was sent in all (by names of operations), and what a sweep reports, if anything. */
interface Case extends Omit<ReplicaRequest, 'requestId' | 'file'> {
  readonly answer: object | string
  readonly sent: readonly string[]
  readonly reported?: LostRequest['outcome']['kind']
}

const on = { Power: 'on', Changed: true, Verified: true }
const reset = { verb: 'powerreset', power: 'on', hasEvidence: true } as const
const cycle = { verb: 'powercycle', power: 'on', hasEvidence: true } as const
/** The second send is the one that is executed. */
const resent = { ...cycle, isUnanswered: true } as const
const cases: readonly Case[] = [
  { ...cycle, stopAt: 'read', answer: on, sent: ['cycle'] },
  { ...cycle, stopAt: 'commit', answer: 'OUTCOME_UNKNOWN', sent: [], reported: 'unknown' },
  { ...cycle, stopAt: 'before-send', answer: 'OUTCOME_UNKNOWN', sent: [], reported: 'unknown' },
  { ...cycle, stopAt: 'after-send', answer: on, sent: ['cycle'], reported: 'unknown' },
  { ...cycle, stopAt: 'record', answer: on, sent: ['cycle'], reported: 'unknown' },
  { ...cycle, stopAt: 'answer', answer: on, sent: ['cycle'] },
  {
    ...cycle,
    hasEvidence: false,
    stopAt: 'after-send',
    answer: 'OUTCOME_UNKNOWN',
    sent: ['cycle'],
    reported: 'unknown',
  },
  { ...reset, stopAt: 'before-send', answer: 'OUTCOME_UNKNOWN', sent: [], reported: 'unknown' },
  { ...reset, stopAt: 'after-send', answer: on, sent: ['reset'], reported: 'unknown' },
  { ...reset, stopAt: 'record', answer: on, sent: ['reset'], reported: 'unknown' },
  { ...reset, stopAt: 'answer', answer: on, sent: ['reset'] },
  { ...resent, stopAt: 'unanswered', answer: 'OUTCOME_UNKNOWN', sent: [], reported: 'unknown' },
  { ...resent, stopAt: 'recommit', answer: 'OUTCOME_UNKNOWN', sent: [], reported: 'unknown' },
  { ...resent, stopAt: 'before-send', answer: 'OUTCOME_UNKNOWN', sent: [], reported: 'unknown' },
  { ...resent, stopAt: 'after-send', answer: { ...on, Attempts: 2 }, sent: ['cycle'], reported: 'unknown' },
  { ...resent, stopAt: 'record', answer: { ...on, Attempts: 2 }, sent: ['cycle'], reported: 'unknown' },
  { ...resent, stopAt: 'answer', answer: { ...on, Attempts: 2 }, sent: ['cycle'] },
  { ...cycle, power: 'off', stopAt: 'before-send', answer: on, sent: ['on'], reported: 'repeatable' },
  { ...cycle, power: 'off', stopAt: 'after-send', answer: on, sent: ['on'], reported: 'repeatable' },
  {
    ...cycle,
    verb: 'poweroff',
    stopAt: 'before-send',
    answer: { Power: 'off' },
    sent: ['off'],
    reported: 'repeatable',
  },
  { ...cycle, verb: 'poweroff', stopAt: 'after-send', answer: { Power: 'off' }, sent: ['off'], reported: 'repeatable' },
]

function requestsIn(folder: string): (Case & ReplicaRequest)[] {
  return cases.map((one, index) => ({ ...one, requestId: `r${index}`, file: join(folder, `machine-${index}`) }))
}

async function startReplica(t: Test, task: ReplicaTask) {
  const script = bundledProgram(join(import.meta.dirname, 'replica-process.ts'))
  const args = [script, JSON.stringify(task)]
  return await startProcess(t, process.execPath, args)
}

/** From a replica in this process. */
function answerOf(store: Store, request: ReplicaRequest): Promise<unknown> {
  const engine = createPowerEngine({ coordinator: storeCoordinator(store) })
  const resend = request.isUnanswered === true
  const context = powerContext(request.verb, { 'power/request-id': request.requestId, 'power/resend': resend })
  return engine.power(request.verb, loggedMachine(request).driver, context)
}

/** The answer, or the code of the error. */
function ask(store: Store, request: ReplicaRequest): Promise<unknown> {
  return answerOf(store, request).catch((error: unknown) => (error instanceof PowerbusError ? error.code : error))
}

/** How a replica in this process refuses it. */
async function failureOf(store: Store, request: ReplicaRequest): Promise<PowerbusError> {
  const answer = await answerOf(store, request).catch((error: unknown) => error)
  if (answer instanceof PowerbusError) return answer
  throw new Error(`${request.requestId} ended with ${JSON.stringify(answer)}`)
}

/** Starts all requests in a process of their own, and kills it when each is at its step. */
async function dieAtEachStep(t: Test, task: ReplicaTask): Promise<void> {
  const replica = await startReplica(t, task)
  for (const { requestId, stopAt } of task.requests)
    await replica.waitForOutput(new RegExp(`^${requestId} is at ${stopAt}$`, 'm'))
  t.notMatch(replica.output.stdout, /ended/)
  await replica.end()
}

async function checkAnswers(t: Test, store: Store, requests: readonly (Case & ReplicaRequest)[]): Promise<void> {
  for (const time of ['first', 'second']) {
    const answers = await Promise.all(requests.map((request) => ask(store, request)))
    for (const [index, request] of requests.entries()) {
      const name = `${request.verb} of a machine that is ${request.power}, died at ${request.stopAt}, asked a ${time} time`
      t.match(answers[index], request.answer, name)
      const sent = loggedMachine(request).changes()
      t.same(
        sent.map((line) => line.split(' ')[0]),
        request.sent,
        name,
      )
    }
  }
}

test('a replica killed at any step leaves no second cycle or reset, and another one says what came of it', async (t) => {
  const server = await startRedis(t)
  const folder = tempFolder(t)
  const requests = requestsIn(folder)
  await dieAtEachStep(t, { url: server.url, folder, lockTtlMs: LOCK_TTL_MS, requests })
  const store = await openStore({ url: server.url, folder })
  t.teardown(() => store.close())
  await checkAnswers(t, store, requests)
})

test('the same with an embedded store that is opened again, after a sweep that reports what was lost', async (t) => {
  const folder = tempFolder(t)
  const requests = requestsIn(folder)
  await dieAtEachStep(t, { folder: join(folder, 'store'), lockTtlMs: LOCK_TTL_MS, requests })
  const store = await openStore({ folder: join(folder, 'store') })
  t.teardown(() => store.close())
  const lost: LostRequest[] = []
  const { recover } = storeCoordinator(store)
  const sweep = () =>
    recover({
      signal: new AbortController().signal,
      report: async (request) => {
        lost.push(request)
      },
    })
  await sweep()
  await sweep()
  const kinds = lost.map(({ requestId, outcome }) => [requestId, outcome.kind] as const)
  const expected = requests.flatMap(({ requestId, reported }) => (reported ? [[requestId, reported] as const] : []))
  t.same(new Map(kinds), new Map(expected))
  t.equal(kinds.length, expected.length, 'each once')
  t.match(lost[0], { subject: /^power\w+ .*machine-/, replica: /\w/ })
  await checkAnswers(t, store, requests)
})

test('a sweep reports the requests of the dead, and leaves the living alone', async (t) => {
  const server = await startRedis(t)
  const folder = tempFolder(t)
  const [dead, alive] = ['dead', 'alive'].map(
    (requestId): ReplicaRequest => ({ ...cycle, requestId, file: join(folder, requestId), stopAt: 'after-send' }),
  )
  if (!dead || !alive) throw new Error('two requests')
  const base = { url: server.url, folder, lockTtlMs: LOCK_TTL_MS }
  const living = await startReplica(t, { ...base, requests: [alive] })
  await Promise.all([dieAtEachStep(t, { ...base, requests: [dead] }), living.waitForOutput(/alive is at after-send/)])
  const store = await openStore({ url: server.url, folder })
  t.teardown(() => store.close())
  const lost: LostRequest[] = []
  await waitUntil('the lock of the dead to run out', async () => {
    await storeCoordinator(store).recover({
      signal: new AbortController().signal,
      report: async (request) => {
        lost.push(request)
      },
    })
    return lost.length > 0
  })
  t.match(lost, [{ requestId: 'dead', outcome: { kind: 'unknown', sent: { operation: 'cycle', mark: '0' } } }])
  t.equal(lost.length, 1)
  t.match(await ask(store, dead), { Power: 'on', Changed: true, Verified: true })
})

test('a cycle whose replica was killed is told of at once, where a hand has switched the machine off since', async (t) => {
  const folder = tempFolder(t)
  const request: ReplicaRequest = { ...cycle, requestId: 'cycle', file: join(folder, 'one'), stopAt: 'after-send' }
  await dieAtEachStep(t, { folder: join(folder, 'store'), lockTtlMs: LOCK_TTL_MS, requests: [request] })
  const store = await openStore({ folder: join(folder, 'store') })
  t.teardown(() => store.close())
  t.match(await ask(store, { ...request, verb: 'powerstatus', requestId: 'status' }), { Power: 'off' }, 'in the cycle')
  appendFileSync(request.file, 'off by-hand\n')
  const startedMs = performance.now()
  t.match(await ask(store, request), { Power: 'off', Changed: true, Verified: false })
  t.ok(performance.now() - startedMs < 30_000, 'the BMC is not held until the time of the action is up')
  t.match(await ask(store, request), { Power: 'off', Changed: true, Verified: false }, 'and that is recorded')
})

for (const where of ['on Redis', 'in an embedded store']) {
  test(`${where}: a cycle or reset whose replica was killed is never called done for what another action did since`, async (t) => {
    const url = where === 'on Redis' ? (await startRedis(t)).url : undefined
    const folder = tempFolder(t)
    const others = ['powerreset', 'powercycle', 'poweroff'] as const
    const lost = [cycle, reset].flatMap((base) =>
      (['commit', 'before-send', 'after-send'] as const).flatMap((stopAt) =>
        others.map((other): ReplicaRequest & { readonly other: PowerVerb } => {
          const requestId = `${base.verb}-${stopAt}-${other}`
          return { ...base, stopAt, other, requestId, file: join(folder, requestId) }
        }),
      ),
    )
    const at = { ...(url && { url }), folder: join(folder, 'store') }
    await dieAtEachStep(t, { ...at, lockTtlMs: LOCK_TTL_MS, requests: lost })
    const store = await openStore({ url, folder: at.folder })
    t.teardown(() => store.close())
    await Promise.all(
      lost.map(async (request) => {
        const { requestId, other, stopAt } = request
        // A cycle is seen once as off.
        await ask(store, { ...request, verb: 'powerstatus', requestId: `status-${requestId}` })
        t.match(
          await ask(store, { ...request, verb: other, requestId: `other-${requestId}` }),
          { Changed: true },
          requestId,
        )
        for (const time of ['first', 'second']) {
          const answer = await failureOf(store, request)
          t.equal(answer.code, 'OUTCOME_UNKNOWN', `${requestId}, asked a ${time} time`)
          t.match(answer.message, new RegExp(`other-${requestId}`), 'who changed it is named')
        }
        t.equal(loggedMachine(request).changes().length, stopAt === 'after-send' ? 2 : 1, requestId)
      }),
    )
  })
}

test('a replica frozen for twice the time of its lock sends nothing when it thaws', async (t) => {
  const server = await startRedis(t)
  const folder = tempFolder(t)
  // One stands still before it decides to send, the other when all but the sending is done.
  const frozen = (['read', 'commit'] as const).map(
    (stopAt): ReplicaRequest => ({ ...cycle, requestId: stopAt, file: join(folder, stopAt), stopAt }),
  )
  const task = { url: server.url, folder, lockTtlMs: LOCK_TTL_MS, freezes: true, requests: frozen }
  const replica = await startReplica(t, task)
  for (const { stopAt } of frozen) await replica.waitForOutput(new RegExp(`is at ${stopAt}`))
  const frozenAtMs = performance.now()
  const store = await openStore({ url: server.url, folder })
  t.teardown(() => store.close())
  const [read, commit] = frozen
  if (!read || !commit) throw new Error('two requests')
  t.match(await ask(store, { ...read, verb: 'poweroff', requestId: 'other' }), { Power: 'off', Changed: true })
  t.equal(await ask(store, commit), 'OUTCOME_UNKNOWN')
  await waitUntil('twice the time of the lock', () => performance.now() - frozenAtMs > 2 * LOCK_TTL_MS)
  replica.kill('SIGCONT')
  await replica.waitForOutput(/read ended "LEASE_LOST"/)
  await replica.waitForOutput(/commit ended "LEASE_LOST"/)
  const changer = await store.get(`bmc/{${read.file}}/changer`)
  t.match(changer, { requestId: 'other', command: 'poweroff' }, 'the late one does not become the last changer')
  t.same(
    loggedMachine(read)
      .changes()
      .map((line) => line.split(' ')[0]),
    ['off'],
  )
  t.same(loggedMachine(commit).changes(), [])
  t.equal(await ask(store, commit), 'OUTCOME_UNKNOWN')
})
