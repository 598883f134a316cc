import { test } from 'tap'
import { call, connected, SYSTEM } from '../fixture/connected.ts'
import { extended, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const SYSTEMS = '/redfish/v1/Systems'
const links = (...ids: string[]) => ({ Members: ids.map((id) => ({ '@odata.id': `${SYSTEMS}/${id}` })) })

function bmcWith(systems: Readonly<Record<string, object>>): ScriptedBmc {
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEMS, { body: links(...Object.keys(systems)) })
  for (const [id, body] of Object.entries(systems)) bmc.on('GET', `${SYSTEMS}/${id}`, { body: { Id: id, ...body } })
  return bmc
}

test('the status of a BMC costs three requests cold and one warm', async (t) => {
  const { bmc, connection, run } = connected(t, bmcWith({ '1': { PowerState: 'On' } }))
  t.equal((await run(connection.system(call()))).body.PowerState, 'On')
  t.same(bmc.lines, ['POST /redfish/v1/SessionService/Sessions', `GET ${SYSTEMS}`, `GET ${SYSTEM}`])
  bmc.seen.length = 0
  t.equal((await run(connection.system(call()))).path, SYSTEM)
  t.same(bmc.lines, [`GET ${SYSTEM}`])
})

test('a GPU baseboard is never read nor taken for the host', async (t) => {
  const bmc = bmcWith({ HGX_Baseboard_0: {}, System_0: { Id: 'System_0' } })
  bmc.on('GET', `${SYSTEMS}/HGX_Baseboard_0`, {
    status: 503,
    body: extended('HMCCommuicationFailed', [], 'x', 'Ami.1.0'),
  })
  const { connection, run } = connected(t, bmc)
  t.equal((await run(connection.system(call()))).path, `${SYSTEMS}/System_0`)
  t.notOk(bmc.lines.includes(`GET ${SYSTEMS}/HGX_Baseboard_0`))
})
