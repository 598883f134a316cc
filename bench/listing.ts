import { endScope, openScope, type TestScope } from '@powerbus/testkit'
import { type AskEndpoint, startEndpoint } from './endpoint-process.ts'
import { MAKERS, makeMachines } from './make-machines.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

const FEW = 100
const PAGE = 50

/** What is asked for, by its name in the table; machine 77 is among the few and among the many. */
const QUERIES: Readonly<Record<string, string>> = {
  'a page': `machines?limit=${PAGE}`,
  'the last page': `machines?limit=${PAGE}&reverse=true`,
  'a page with the effective params': `machines?limit=${PAGE}&aggregate=true`,
  'a page sorted by a field': `machines?limit=${PAGE}&sort=Address`,
  'a page sorted by a param': `machines?limit=${PAGE}&sort=ipmi/address&reverse=true`,
  'a page of those that are not locked': `machines?limit=${PAGE}&Locked=false`,
  'the one with a name': 'machines?Name=node-00077',
  'the one with a param': 'machines?ipmi/address=192.0.2.77',
  'one by its name': 'machines/Name:node-00077',
  'the actions of one': 'machines/Name:node-00077/actions',
  'a page that fits a pattern (looks at all)': `machines?limit=${PAGE}&Name=Re(77)`,
}

function machine(number: number) {
  const Name = `node-${String(number).padStart(5, '0')}`
  const address = `192.0.${2 + Math.floor(number / 250)}.${number % 250}`
  const Params = { 'ipmi/address': address, 'ipmi/username': 'admin', rack: `r${number % 40}`, tags: ['a', 'b'] }
  return { Name, Address: address, Description: `node ${number} of the bench`, Meta: { unit: `${number}` }, Params }
}

async function endpointWith(scope: TestScope, count: number): Promise<AskEndpoint> {
  const ask = await startEndpoint(scope, 1, MAKERS)
  await makeMachines(ask, count, machine)
  return ask
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function compare(scope: TestScope): Promise<Figures> {
  const rounds = numberOption('rounds', 200)
  const count = numberOption('count', 10_000)
  const [few, many] = [await endpointWith(scope, FEW), await endpointWith(scope, count)]
  const figures: Record<string, number | string> = { rounds, machines: `${FEW} and ${count}` }
  for (const [name, path] of Object.entries(QUERIES)) {
    const runs: { few: number; many: number }[] = []
    for (let round = -20; round < rounds; round += 1) {
      const run = { few: await timed(() => few('GET', path)), many: await timed(() => many('GET', path)) }
      // The first ones compile, and build an index where there is one.
      if (round >= 0) runs.push(run)
    }
    const [fewMs, manyMs] = [median(runs.map((run) => run.few)), median(runs.map((run) => run.many))]
    figures[`${name}, ms`] = `${rounded(fewMs)} and ${rounded(manyMs)}: ratio ${rounded(manyMs / fewMs)}`
  }
  return figures
}

await report('listing: the endpoint with few machines and with many', async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
