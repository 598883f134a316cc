import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PowerbusError, Secret } from '@powerbus/plugin-sdk'
import { RedfishClient, type Wire, type WireRequest } from '@powerbus/redfish'
import { test } from 'tap'
import type { BmcConnection } from '../src/driver.ts'
import { redfish } from '../src/redfish/redfish.ts'

const folder = resolve(import.meta.dirname, '../../../../shared/data/redfish-mockups')
const names = [
  'public-bladed',
  'public-catfish',
  'public-liquid-cooled-server',
  'public-oem-examples',
  'public-rackmount1',
  'public-tower',
] as const

type Tree = Readonly<Record<string, unknown>>

/** A mock-up server in memory that answers reads alone, and has no sessions. */
function mockupWire(tree: Tree): Wire {
  const answer = (status: number, body: unknown) => ({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) })
  return {
    exchange: async ({ method, path }: WireRequest) => {
      const bare = path.replace(/\?.*$/, '').replace(/(?<=.)\/$/, '')
      const found = tree[bare] ?? tree[`${bare}/`]
      if (method !== 'GET') return answer(405, {})
      // The trees have the first page of each collection.
      if (/\?(?!\$expand)/.test(path)) return answer(200, { Members: [] })
      return found === undefined ? answer(404, {}) : answer(200, found)
    },
    close: () => undefined,
  }
}

const call = () => ({ signal: new AbortController().signal, timeoutMs: 60_000 })

/** What a driver reads; undefined where this tree has nothing of the kind. */
const reads: Readonly<Record<string, (bmc: BmcConnection) => Promise<unknown> | undefined>> = {
  status: (bmc) => bmc.status?.(call()),
  getBoot: (bmc) => bmc.getBoot?.(call()),
  info: (bmc) => bmc.info?.(call()),
  health: (bmc) => bmc.health?.(call()),
  sensors: (bmc) => bmc.sensors?.(call()),
  sel: (bmc) => bmc.sel?.(call()),
  fru: (bmc) => bmc.fru?.(call()),
  media: (bmc) => bmc.mediaStatus?.(call()),
  firmware: (bmc) => bmc.firmware?.(call()),
  mockup: (bmc) => bmc.mockup?.(call()),
  console: (bmc) => bmc.consoleFacts?.(call()),
  ...Object.fromEntries(
    (
      [
        'bios',
        'memory',
        'storage',
        'simpleStorage',
        'processor',
        'networkInterfaces',
        'ethernetInterfaces',
        'secureBoot',
      ] as const
    ).map((kind) => [kind, (bmc: BmcConnection) => bmc.resource?.(kind, call())]),
  ),
}

for (const name of names)
  test(`the driver reads all of ${name}, or says what it lacks`, async (t) => {
    const tree: Tree = JSON.parse(readFileSync(resolve(folder, `${name}.json`), 'utf8'))
    const systems = Object.keys(tree).filter((path) => /\/Systems\/[^/]+$/.test(path))
    const client = new RedfishClient({ openWire: () => mockupWire(tree) })
    const factory = redfish({ client, ipmi: () => Promise.reject(new Error('no IPMI')) })
    const target = {
      address: '192.0.2.30',
      port: 0,
      username: 'reader',
      password: new Secret('x'),
      workarounds: [],
      ...(systems.length > 1 && { redfish: { systemId: systems[0]?.split('/').at(-1) ?? '' } }),
    }
    const bmc = await factory.driver(target).open(call())
    const found: string[] = []
    for (const [what, read] of Object.entries(reads)) {
      try {
        t.not(await read(bmc), undefined, what)
        found.push(what)
      } catch (error) {
        if (!(error instanceof PowerbusError)) throw error
        const isPowerless = systems.length === 0 || what === 'status'
        const expected = ['CAPABILITY_UNSUPPORTED', ...(isPowerless ? ['TARGET_REFUSED', 'TARGET_BUSY'] : [])]
        t.ok(expected.includes(error.code), `${what}: ${error.code}: ${error.message}`)
      }
    }
    for (const what of ['info', 'health', 'sensors', 'fru', 'mockup']) t.ok(found.includes(what), what)
    t.comment(`${name} has ${found.join(', ')}`)
    await factory.close()
  })
