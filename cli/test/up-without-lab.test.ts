import { test } from 'tap'
import { copyCommand } from './built-command.ts'

test('without its plugin there is no lab rack, and the output says why', async (t) => {
  const powerbus = copyCommand(t, ['ipmi'])
  const refused = await powerbus.run(['up', '--port', '0', '--lab', '2'])
  t.equal(refused.code, 2)
  t.match(refused.stderr, /virtualbox-ipmi/)
  const up = await powerbus.start(['up', '--port', '0'])
  await up.waitForOutput(/Ctrl-C stops/, { timeoutMs: 60_000 })
  t.match(up.output.stdout, /virtualbox-ipmi/)
  t.same(JSON.parse((await powerbus.run(['machines', '--json'])).stdout), [])
  up.kill('SIGTERM')
  t.same(await up.exited, { code: 0, signal: null })
})
