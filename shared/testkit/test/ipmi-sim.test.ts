import { runIpmiPower, runIpmiTool, startIpmiSim } from '@powerbus/testkit'
import { test } from 'tap'

test('simulated BMCs of one process have separate power states', async (t) => {
  const bmcs = await startIpmiSim(t, { count: 3 })
  t.equal(new Set(bmcs.map((bmc) => bmc.port)).size, 3)
  const second = bmcs[1]
  if (!second) throw new Error('the second BMC is missing')
  t.match(await runIpmiTool(second, ['power', 'on']), { code: 0 })
  t.same(
    bmcs.map((bmc) => bmc.power()),
    [false, true, false],
  )
  t.match(await runIpmiTool(second, ['chassis', 'bootdev', 'pxe']), { code: 0 })
  t.equal(second.bootDevice(), 'pxe')
  t.same(second.orders(), ['power 1', 'boot pxe'])
})

test('ipmipower reads the power state of a simulated BMC with its login from a file', async (t) => {
  const [bmc] = await startIpmiSim(t)
  if (!bmc) throw new Error('the BMC is missing')
  t.match(await runIpmiPower(bmc, ['--stat']), { code: 0, stdout: /: off/ })
  t.match(await runIpmiPower({ ...bmc, password: 'wrong' }, ['--stat']), { stdout: /password/ })
})
