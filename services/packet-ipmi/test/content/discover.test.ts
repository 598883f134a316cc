import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContentBundle } from '@powerbus/drp'
import { manifestOf } from '@powerbus/plugin-sdk'
import { builtExecutable, startBuiltEndpoint, startTaskMachine, tempFolder } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { parse } from 'yaml'
import { packetIpmiPlugin } from '../../src/plugin.ts'

const content = decodeContentBundle(parse(manifestOf(packetIpmiPlugin()).Content))
const folder = tempFolder(tap)
mkdirSync(join(folder, 'plugins'))
copyFileSync(builtExecutable('plugins/packet-ipmi'), join(folder, 'plugins/packet-ipmi'))
const endpoint = await startBuiltEndpoint(tap, join(folder, 'state'), join(folder, 'plugins'))

const id = '0f0e0d0c-0b0a-4908-8706-050403020100'
/** The plan has the name of a file in the task's folder: drpcli would send that file's text. */
const metadata = { id, facility: 'ewr1', plan: 'helper', hostname: 'node' }
const url = 'http://192.0.2.80/metadata-service'

test('packet-discover sets the params of the device, and packet-console adds its profile once', async (t) => {
  const machine = await startTaskMachine(t, {
    endpoint,
    content,
    realPrograms: ['jq'],
    programs: {
      curl: ({ args }) => (args.at(-1) === `${url}/metadata` ? JSON.stringify(metadata) : { code: 22 }),
    },
  })
  t.match(await machine.runTask('packet-discover'), { code: 0, log: /nothing is asked/, calls: { length: 0 } })
  t.match(await machine.runTask('packet-console'), { code: 0, log: /no device of the cloud/ })
  await machine.setParams({ 'packet/metadata-url': url })
  const run = await machine.runTask('packet-discover')
  t.equal(run.code, 0, run.log)
  t.strictSame(await machine.params(), {
    'packet/metadata-url': url,
    'packet/uuid': id,
    'packet/plan': 'helper',
    'packet/facility': 'ewr1',
    'packet/sos': `${id}@sos.ewr1.packet.net`,
  })
  for (const expected of [/^(?!.*already)/s, /already/]) {
    t.match(await machine.runTask('packet-console'), { code: 0, log: expected })
    t.same((await machine.show()).Profiles, ['packet-console'])
  }
  await machine.setParams({ 'packet/metadata-url': `${url}"$(id >&2)` })
  const hostile = await machine.runTask('packet-discover')
  t.match(hostile, { code: 1, log: /correct it/ })
  t.notMatch(hostile.log, 'uid=')
})
