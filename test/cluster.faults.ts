import { setTimeout as sleep } from 'node:timers/promises'
import { faultSeeds, startNatsServer, startRedis, type TestScope, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { type Caller, type Outcome, perform } from './cluster/caller.ts'
import { gatherEvents } from './cluster/event-ledger.ts'
import { troubleWhile } from './cluster/faults.ts'
import { type EndpointProcess, pluginReady, startEndpointProcess, successOf } from './cluster/launched-endpoint.ts'
import { limiter } from './cluster/limiter.ts'
import { type MachinePlan, type PlannedAction, planOf, usernames } from './cluster/plan.ts'
import { type Rack, startRack } from './cluster/rack.ts'
import { peakKibOf, Replica } from './cluster/replica.ts'
import { seededChoice } from './cluster/seeded-choice.ts'
import { contradictions, countBy, endOf } from './cluster/tally.ts'

const MACHINES = 200
const ACTIONS = 5_000
/** Actions that are under way at a time. */
const CONCURRENCY = 400
/** Of them for one machine, so that replicas meet there. */
const FOR_ONE_MACHINE = 2
const REPLICAS = 3
/** Of a powerreset of a machine that is off, and what may be said of one whose replica died or could not get at its BMC. */
const ENDS = [
  'done',
  'TARGET_STATE',
  'OUTCOME_UNKNOWN',
  'NOT_ANSWERED',
  'TARGET_TIMEOUT',
  'DEADLINE_EXCEEDED',
  'TARGET_BUSY',
]
const MEMORY_KIB_MAX = 512 * 1024
/** A minute and a half on two cores; several where other work shares them. */
const TIMEOUT_MS = 580_000

/** Makes a machine of each BMC, and gives their Uuids. */
async function addMachines({ ask }: EndpointProcess, { ports, password }: Rack): Promise<string[]> {
  const params = { 'ipmi/address': '127.0.0.1', 'ipmi/password': password }
  const quick = { 'ipmi/mode': 'ipmitool', 'detected-bios-mode': 'uefi', 'power/min-gap': 0 }
  const machines = await Promise.all(
    ports.map((port, index) => {
      const Params = { ...params, ...quick, 'ipmi/port-ipmitool': port }
      return successOf(ask('POST', 'machines', { Name: `node-${index}`, Params }))
    }),
  )
  return machines.map((machine) => (machine as { Uuid: string }).Uuid)
}

/** Every request once, some by two callers at a time; the last one of a machine when all others of it have ended. */
async function performAll(caller: Caller, plans: readonly MachinePlan[], onEnd: () => void): Promise<Outcome[][]> {
  const inAll = limiter(CONCURRENCY)
  const once = async (action: PlannedAction): Promise<Outcome[]> => {
    const names = action.isTwice ? ['a', 'b'] : ['a']
    const outcomes = await inAll(() => Promise.all(names.map((name) => perform(caller, action, name))))
    onEnd()
    return outcomes
  }
  const ofMachines = plans.map(async ({ many, last }) => {
    const forOne = limiter(FOR_ONE_MACHINE)
    const outcomes = await Promise.all(many.map((action) => forOne(() => once(action))))
    return [...outcomes, await once(last)]
  })
  return (await Promise.all(ofMachines)).flat()
}

function areDifferent(ofRequest: readonly Outcome[]): boolean {
  const results = ofRequest.flatMap(({ end, result }) => (end === 'done' ? [JSON.stringify(result)] : []))
  return new Set(results).size > 1
}

async function startReplicas(scope: TestScope, env: Record<string, string>): Promise<Replica[]> {
  const replicas = Array.from({ length: REPLICAS }, (_, index) => new Replica(scope, `replica-${index}`, env))
  await Promise.all(replicas.map((replica) => replica.start()))
  return replicas
}

async function runCluster(t: Test, seed: number): Promise<void> {
  t.comment(`seed ${seed}`)
  const choice = seededChoice(seed)
  const users = usernames(ACTIONS / MACHINES)
  const [nats, redis, rack] = await Promise.all([startNatsServer(t), startRedis(t), startRack(t, MACHINES, users)])
  const warnings: string[] = []
  const onWarning = ({ stack, message }: Error) => warnings.push(stack ?? message)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url, NODE_OPTIONS: '--trace-warnings' }
  const events = await gatherEvents(t, nats.url)
  const [endpoint, replicas] = await Promise.all([startEndpointProcess(t, env), startReplicas(t, env)])
  await pluginReady(endpoint, 'ipmi')
  const caller = { endpoint, uuids: await addMachines(endpoint, rack) }
  const plans = planOf(choice, { seed, machines: MACHINES, each: ACTIONS / MACHINES })

  let ended = 0
  const peaks = { replicas: 0, endpoint: 0 }
  const startedMs = performance.now()
  const watching = new AbortController()
  const watched = (async () => {
    while (!watching.signal.aborted) {
      peaks.replicas = Math.max(peaks.replicas, ...replicas.map(({ peakKib }) => peakKib))
      peaks.endpoint = Math.max(peaks.endpoint, peakKibOf(endpoint.process.pid))
      await sleep(500, undefined, { signal: watching.signal }).catch(() => undefined)
    }
  })()
  const trouble = troubleWhile(() => ended / ACTIONS, { nats, redis, replicas, choice })
  const outcomes = await performAll(caller, plans, () => {
    ended += 1
  })
  const elapsedMs = performance.now() - startedMs
  const faults = await trouble
  watching.abort()
  await watched
  t.comment(`${Math.round(elapsedMs)} ms, ${Math.round((ACTIONS * 1000) / elapsedMs)} actions/s; ${faults.join(', ')}`)

  const all = outcomes.flat()
  const ends = outcomes.map(endOf)
  t.comment(countBy(ends, ({ end }) => end))
  t.comment(`attempts ${all.reduce((sum, { attempts }) => sum + attempts, 0)}; peaks in KiB ${JSON.stringify(peaks)}`)

  t.equal(ends.length, ACTIONS)
  t.same(
    all.filter(({ end }) => !ENDS.includes(end)),
    [],
    'each is done, refused for its reason, or reported as uncertain',
  )
  // A replica that stood still for longer than its lock lives cannot record an end that is true all the same.
  const unrecorded = new Set(replicas.flatMap((replica) => replica.unrecorded))
  t.same(
    outcomes.filter((ofRequest) => areDifferent(ofRequest) && !unrecorded.has(ofRequest[0]?.action.requestId ?? '')),
    [],
    'both callers of one request get the same result, where it could be recorded',
  )
  const ledgers = await rack.ledgers()
  const wrong = plans.flatMap((plan) => {
    const ofMachine = ends.filter(({ action }) => action.machine === plan.machine)
    const ledger = ledgers[plan.machine]
    if (!ledger) return [`node-${plan.machine} is missing`]
    return contradictions(plan, ofMachine, ledger).map((text) => `node-${plan.machine}: ${text}`)
  })
  t.same(wrong, [], 'each machine did what is said of each of its requests, each change once and by itself')

  const answered = all.flatMap((outcome) => outcome.answered)
  const missing = () => events.missing(answered)
  await waitUntil('the events of all actions', () => missing().length === 0, {
    timeoutMs: 30_000,
    intervalMs: 200,
  }).catch(() => undefined)
  t.same(missing().slice(0, 10), [], 'the start and the end of each attempt are in the stream')
  t.comment(`${answered.length} answered attempts, ${events.count} events`)

  t.same(
    replicas.flatMap(({ crashes }) => crashes),
    [],
    'no replica ended by itself',
  )
  for (const { output } of [endpoint.process, ...replicas.flatMap(({ processes }) => processes)])
    warnings.push(...(output.stderr.match(/^\(node:\d+\) .*/ms) ?? []).map((text) => text.slice(0, 2000)))
  t.same(warnings, [], 'Node warns of nothing, such as listeners that grow in number')
  t.ok(peaks.replicas < MEMORY_KIB_MAX && peaks.endpoint < MEMORY_KIB_MAX, 'memory stays bounded')
  t.same(await Promise.all(replicas.map((replica) => replica.stop())), [0, 0, 0], 'replicas stop when they are told to')
}

for (const seed of faultSeeds({ first: Date.now() % 1_000_000, few: 1, all: 5 })) {
  const name = `of 5,000 actions over 200 BMCs none is lost or done twice, whatever dies meanwhile (seed ${seed})`
  test(name, { timeout: TIMEOUT_MS }, (t) => runCluster(t, seed))
}
