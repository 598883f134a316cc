import type { TestScope } from '@powerbus/testkit'
import { alone } from '../alone.ts'
import { measuredRun } from '../measured-run.ts'
import { median, rounded } from '../statistics.ts'
import {
  inSuccession,
  inTurn,
  lonelyRow,
  ours,
  pairedRow,
  type Row,
  resultsIn,
  type Sweep,
  sweep,
  theirs,
} from './case.ts'
import type { Programs } from './programs.ts'
import { joinedRacks, type Rack, startRack } from './rack.ts'
import { warmRuns } from './warm.ts'

export interface CaseOptions {
  readonly scope: TestScope
  readonly programs: Programs
  /** BMCs of most cases. */
  readonly count: number
  readonly rounds: number
}

export type Case = (options: CaseOptions) => AsyncIterable<Row>

/** A power status of every BMC by powerbus and by ipmipower, in turn. */
async function besideIpmipower({ programs, rounds }: CaseOptions, rack: Rack, title: string, goal: string) {
  const bmcs = rack.size
  const first = () => sweep(programs.powerbus('status', rack.hosts), { bmcs, answer: ours })
  const second = () => sweep(programs.ipmipower('--stat', rack.hosts), { bmcs, answer: theirs, atLeast: 0 })
  await first()
  const runs = await inTurn(rounds, first, second)
  const worst = runs.map(({ peer }) => peer).find((peer) => resultsIn(peer, theirs) < bmcs)
  const note = worst && { note: `ipmipower: ${shortly(worst)}` }
  return pairedRow({ case: title, bmcs, beside: 'ipmipower', goal, ...note }, runs)
}

/** Five and ten times as many BMCs too; more sockets than ipmipower can wait for. */
async function* size(options: CaseOptions): AsyncIterable<Row> {
  const { programs, count, rounds } = options
  for (const [times, goal] of [
    [1, '≤ 0.9, 80 MB'],
    [5, '≤ 0.45, 100 MB'],
  ] as const) {
    yield await alone(async (part) => {
      const rack = await startRack(part, count * times)
      return besideIpmipower(options, rack, 'status', goal)
    })
  }
  yield await alone(async (part) => {
    const rack = await startRack(part, count * 10)
    const bmcs = rack.size
    const runs: Sweep[] = []
    for (let round = 0; round < rounds; round++)
      runs.push(await sweep(programs.powerbus('status', rack.hosts), { bmcs, answer: ours }))
    const peer = await sweep(programs.ipmipower('--stat', rack.hosts), { bmcs, answer: theirs, atLeast: 0 })
    const beside = { case: 'status', bmcs, beside: 'ipmipower', goal: 'linear, 120 MB' }
    return lonelyRow({ ...beside, 'beside ms': rounded(peer.elapsedMs, 0), note: `ipmipower: ${shortly(peer)}` }, runs)
  })
}

/** What a failed run of ipmipower printed. */
function shortly(run: Sweep): string {
  const [line = 'no message'] = run.stderr.trim().split('\n')
  return `${resultsIn(run, theirs)} results, exit status ${run.exitCode}, ${line}`
}

async function* loss(options: CaseOptions): AsyncIterable<Row> {
  for (const rate of [0.01, 0.05])
    yield await alone(async (part) => {
      const rack = await startRack(part, options.count, { loss: rate })
      return besideIpmipower(options, rack, `status, ${rate * 100} % loss`, '≤ 0.7')
    })
}

/** 2 of 100 BMCs silent: until the last living one's result, beside the same rack without them. */
async function* dead({ scope, programs, count, rounds }: CaseOptions): AsyncIterable<Row> {
  const silent = Math.max(1, Math.round(count / 50))
  const living = await startRack(scope, count - silent)
  const rack = joinedRacks(living, await startRack(scope, silent, { isSilent: true }, 33))
  const run = (of: Rack) =>
    sweep(programs.powerbus('status', of.hosts, '--timeout', '5'), {
      bmcs: of.size,
      answer: ours,
      atLeast: living.size,
    })
  const runs = await inTurn(
    rounds,
    () => run(rack),
    () => run(living),
  )
  const lastMs = (sweep: Sweep) => sweep.lastMatchMs(/"ok":true/)
  const until = (who: 'ours' | 'peer') => rounded(median(runs.map((pair) => lastMs(pair[who]))), 0)
  const row = { case: 'status, 2 % dead, until the last living', bmcs: rack.size, beside: 'without the dead' }
  const ratio = rounded(median(runs.map(({ ours, peer }) => lastMs(ours) / lastMs(peer))))
  yield { ...row, ms: until('ours'), 'beside ms': until('peer'), ratio, goal: '1' }
}

/** Every answer 450 ms late: later than ipmipower's fixed time until it sends again. */
async function* late({ scope, programs, count, rounds }: CaseOptions): AsyncIterable<Row> {
  const rack = await startRack(scope, count, { delayMs: 450 })
  const bmcs = rack.size
  const runs: Sweep[] = []
  for (let round = 0; round < rounds; round++)
    runs.push(await sweep(programs.powerbus('status', rack.hosts), { bmcs, answer: ours }))
  const peer = await sweep(programs.ipmipower('--stat', rack.hosts), { bmcs, answer: theirs, atLeast: 0 })
  const row = { case: 'status, answers 450 ms late', bmcs, beside: 'ipmipower', goal: '< 3000 ms' }
  const note = `ipmipower: ${resultsIn(peer, theirs)} results`
  const beside = { 'beside ms': rounded(peer.elapsedMs, 0), 'beside datagrams': rounded(peer.datagrams, 1) }
  yield lonelyRow({ ...row, ...beside, note }, runs)
}

/** The client alone in a warm process. */
async function* warm({ scope, programs, count, rounds }: CaseOptions): AsyncIterable<Row> {
  const rack = await startRack(scope, count)
  const runs = await warmRuns(scope, programs.node, rack, rounds)
  const of = (name: keyof (typeof runs)[number]) => median(runs.map((run) => run[name]))
  const ratio = (name: 'coldMs' | 'warmMs') => rounded(median(runs.map((run) => run[name] / run.floorMs)))
  const floor = { bmcs: rack.size, beside: 'UDP floor', 'beside ms': rounded(of('floorMs'), 0) }
  yield {
    case: 'warm process, cold sessions',
    ...floor,
    ms: rounded(of('coldMs'), 0),
    ratio: ratio('coldMs'),
    goal: '≤ 2.2',
  }
  yield {
    case: 'warm process, open sessions',
    ...floor,
    ms: rounded(of('warmMs'), 0),
    ratio: ratio('warmMs'),
    datagrams: rounded(of('warmDatagrams'), 1),
    goal: '2 datagrams',
  }
}

/** One BMC, which shows what starting costs. */
async function* one({ scope, programs, rounds }: CaseOptions): AsyncIterable<Row> {
  const rack = await startRack(scope, 1)
  const [address = ''] = rack.addresses
  const bmcs = 1
  const first = () => sweep(programs.powerbus('status', rack.hosts), { bmcs, answer: ours })
  const empty = async () => ({ ...(await measuredRun(programs.node, ['-e', '0'])), datagrams: 0 })
  const other = async (words: readonly [string, ...string[]]) => {
    const [command, ...args] = words
    return (await measuredRun(command, args)).elapsedMs
  }
  await first()
  const runs = await inTurn(rounds * 3, first, empty)
  const ipmitoolMs = await other(programs.ipmitool('status', address, rack.port))
  const ipmipowerMs = await other(programs.ipmipower('--stat', rack.hosts))
  const note = `ipmitool ${rounded(ipmitoolMs, 0)} ms, ipmipower ${rounded(ipmipowerMs, 0)} ms`
  yield pairedRow({ case: 'status', bmcs, beside: 'node -e 0', goal: '≤ 1.4', note }, runs)
}

/** BMCs that ipmitool, which speaks to one at a time, is run on, one after the other. */
const BY_IPMITOOL = 16

/** How ipmipower changes a rack and sees that it did, as powerbus does. */
interface Verified {
  readonly beside: string
  run(programs: Programs, rack: Rack): Promise<Sweep>
}

const waitsUntilOn: Verified = {
  beside: 'ipmipower --wait-until-on',
  run: (programs, { hosts, size: bmcs }) =>
    sweep(programs.ipmipower('--on', hosts, '--wait-until-on'), { bmcs, answer: theirs }),
}

/** It has no option to wait after a cycle. */
const looksAfterCycle: Verified = {
  beside: 'ipmipower, then --stat until on',
  async run(programs, { hosts, size: bmcs }) {
    let whole = await sweep(programs.ipmipower('--cycle', hosts), { bmcs, answer: theirs })
    for (let isOff = true; isOff; ) {
      const look = await sweep(programs.ipmipower('--stat', hosts), { bmcs, answer: theirs })
      isOff = /: off$/m.test(look.stdout)
      whole = inSuccession(whole, look)
    }
    return whole
  },
}

/** `on` from off, and `cycle`; powerbus verifies both. */
function change(verb: 'on' | 'cycle', goal: string, verified: Verified): Case {
  return async function* ({ scope, programs, count, rounds }) {
    const rack = await startRack(scope, count)
    const bmcs = rack.size
    const prepare = () =>
      verb === 'on' ? rack.off() : sweep(programs.powerbus('on', rack.hosts), { bmcs, answer: ours })
    const prepared = (run: () => Promise<Sweep>) => async () => {
      await prepare()
      return run()
    }
    const first = prepared(() => sweep(programs.powerbus(verb, rack.hosts), { bmcs, answer: ours }))
    const unverified = prepared(() => sweep(programs.ipmipower(`--${verb}`, rack.hosts), { bmcs, answer: theirs }))
    const second = prepared(() => verified.run(programs, rack))
    const { beside } = verified
    yield pairedRow({ case: verb, bmcs, beside, goal }, await inTurn(rounds, first, second))
    const runs = await inTurn(rounds, first, unverified)
    await prepare()
    const startMs = performance.now()
    for (const address of rack.addresses.slice(0, BY_IPMITOOL)) {
      const [command, ...args] = programs.ipmitool(verb, address, rack.port)
      await measuredRun(command, args)
    }
    const each = rounded((performance.now() - startMs) / Math.min(BY_IPMITOOL, rack.size), 0)
    const note = `ipmitool ${each} ms for each BMC; only powerbus verifies`
    yield pairedRow({ case: verb, bmcs, beside: 'ipmipower', goal, note }, runs)
  }
}

export const cases: Readonly<Record<string, Case>> = {
  one,
  size,
  loss,
  dead,
  late,
  warm,
  on: change('on', '≤ 1.0', waitsUntilOn),
  cycle: change('cycle', '≤ 1.5', looksAfterCycle),
}
