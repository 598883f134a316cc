import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '@powerbus/testkit'
import { t, test } from 'tap'
import { copyCommand, jsonLines } from './built-command.ts'
import { inProcess } from './command-line.ts'

// It builds two programs first, on a machine that may do much else.
t.setTimeout(300_000)

test('powerbus up --lab-cloud runs a cloud to make, power and delete machines in', { timeout: 290_000 }, async (t) => {
  const powerbus = copyCommand(t, ['packet-ipmi'])
  const start = async () => {
    const up = await powerbus.start(['up', '--port', '0', '--no-lab', '--lab-cloud', '1'])
    await up.waitForOutput(/Ctrl-C stops/, { timeoutMs: 90_000 })
    return up
  }
  const up = await start()
  const [, url = ''] = /lab cloud +(http\S+),/.exec(up.output.stdout) ?? []
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metal\/v1$/)
  for (const word of ['createVm', 'poweroff', 'destroyVm']) t.match(up.output.stdout, word)

  const run = inProcess(powerbus)
  const machines = async () => {
    const found = JSON.parse((await run('machines', '--json')).stdout) as { Name: string; Params?: object }[]
    return found.map(({ Name }) => Name).sort()
  }
  await waitUntil('the machine of the cloud', async () => (await machines()).includes('cloud-01'), {
    timeoutMs: 60_000,
  })

  const made = await powerbus.run(['createVm', '--plugin', 'packet-ipmi', '--param', 'packet/name=cloud-99', '--json'])
  t.equal(made.code, 0, made.stderr)
  const [line] = jsonLines(made.stdout)
  t.match(line, { plugin: 'packet-ipmi', ok: true, result: { Name: 'cloud-99' } })
  t.same(await machines(), ['cloud-01', 'cloud-99'])
  const deviceId = String(Reflect.get(Object(line?.result), 'DeviceId'))
  const power = async (verb: string) => {
    const { stdout, stderr } = await run(verb, 'cloud-99', '--json')
    return jsonLines(stdout)[0] ?? stderr
  }
  await waitUntil(
    'the device to be active',
    async () => Reflect.get(Object(await power('powerstatus')), 'ok') === true,
    {
      timeoutMs: 60_000,
      intervalMs: 500,
    },
  )
  t.match(await power('poweroff'), { ok: true, result: { Power: 'off', Changed: true, Verified: true } })

  // It is stopped, and finds its cloud again where it was.
  up.kill('SIGTERM')
  t.match(await up.exited, { code: 0 })
  const again = await start()
  t.match(again.output.stdout, url)
  t.match(await power('powerstatus'), { ok: true, result: { Power: 'off' } })
  const gone = await run('destroyVm', '--plugin', 'packet-ipmi', '--param', `packet/uuid=${deviceId}`)
  t.equal(gone.code, 0, gone.stderr)
  t.notMatch(gone.stdout, /\[/, 'lists are for --json')

  const wrong = [
    ['createVm', '--plugin', 'nonsense'],
    ['nonsense', '--plugin', 'packet-ipmi'],
    ['createVm', 'cloud-01', '--plugin', 'packet-ipmi'],
    ['createVm', '--all', '--plugin', 'packet-ipmi'],
  ]
  for (const args of wrong) t.equal((await run(...args)).code, 2, args.join(' '))

  const state = join(powerbus.folder, 'state')
  const { apiKey } = JSON.parse(readFileSync(join(state, 'lab-cloud/metal.json'), 'utf8'))
  t.notMatch(up.output.stdout + up.output.stderr + (await run('events', '--help')).stdout, apiKey)
  again.kill('SIGTERM')
  t.match(await again.exited, { code: 0 })
})

test('without its plugin there is no lab cloud, and nothing starts', async (t) => {
  const powerbus = copyCommand(t, ['ipmi'])
  const { code, stderr } = await powerbus.run(['up', '--port', '0', '--lab-cloud'])
  t.equal(code, 2)
  t.match(stderr, /packet-ipmi/)
})
