import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiAccess, endpointRequests, startFakeSlack, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { slackFromEnvironment, slackLine } from '../src/up/slack-from-environment.ts'
import { type BuiltCommand, copyCommand, jsonLines } from './built-command.ts'

async function startUp(powerbus: BuiltCommand, env: Readonly<Record<string, string>> = {}) {
  const up = await powerbus.start(['up', '--port', '0', '--lab', '1'], { env })
  await up.waitForOutput(/Ctrl-C stops/, { timeoutMs: 60_000 })
  return up
}

/** Sets a param of the plugin slack as an operator does. */
async function setParam(t: Test, powerbus: BuiltCommand, name: string, value: unknown): Promise<void> {
  await ask(t, powerbus, 'POST', `plugins/slack/params/${name}`, value)
}

async function ask(
  t: Test,
  powerbus: BuiltCommand,
  method: 'POST' | 'DELETE',
  path: string,
  value?: unknown,
): Promise<void> {
  const access: ApiAccess = JSON.parse(readFileSync(join(powerbus.folder, 'state/endpoint.json'), 'utf8'))
  const { status, text } = await endpointRequests(t, access)(method, path, value)
  t.match(String(status), /^20[01]$/, text)
}

function textOfFiles(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return files.map((file) => readFileSync(file, 'latin1')).join('\n')
}

test('powerbus up and Slack', async (t) => {
  const powerbus = copyCommand(t, ['ipmi', 'slack', 'virtualbox-ipmi'])
  const slack = await startFakeSlack({
    channels: [{ name: 'ops' }, { name: 'noise' }, { name: 'late', isMember: false }],
    users: [{ id: 'U1', name: 'ada' }],
  })
  t.teardown(() => slack.stop())

  t.test('without a token Slack is off, and a preview shows the messages', async (t) => {
    const up = await startUp(powerbus)
    t.match(up.output.stdout, /slack +off: .*SLACK_BOT_TOKEN/)
    t.equal((await powerbus.run(['poweroff', 'node-01'])).code, 0)
    const shown = await powerbus.run(['slack', 'preview', '--last', '50', '--json'])
    t.equal(shown.stderr, '')
    t.match(
      jsonLines(shown.stdout).find(({ text }) => String(text).includes('poweroff')),
      { channel: null, text: /poweroff.*node-01.*off/s, blocks: [{ type: 'section' }] },
    )
    const file = join(powerbus.folder, 'slack.yaml')
    writeFileSync(file, 'slack/channels: [alerts]\nslack/allow-users: [U1]\n')
    const tried = await powerbus.run(['slack', 'preview', '--config', file])
    t.match(tried.stdout, /to +alerts[\s\S]*poweroff[\s\S]*"action_id"[\s\S]*Nothing was sent/)
    writeFileSync(file, 'slack/window-seconds: never\n')
    const wrong = await powerbus.run(['slack', 'preview', '--config', file])
    t.equal(wrong.code, 1)
    t.match(wrong.stderr, /slack\/window-seconds/)
    t.equal((await powerbus.run(['slack', 'preview', '--config', join(powerbus.folder, 'none')])).code, 1)
    t.equal((await powerbus.run(['slack', 'preview', '--last', '0'])).code, 2)
    const plugin = {
      Name: 'chat',
      Provider: 'slack',
      Params: { 'slack/channels': ['of-chat'], 'slack/proxy': 'http://127.0.0.1:1' },
    }
    await ask(t, powerbus, 'POST', 'plugins', plugin)
    const named = await powerbus.run(['slack', 'preview'])
    t.match(named.stdout, /to +of-chat/, `the plugin is found by its provider ${named.stderr}`)
    await ask(t, powerbus, 'DELETE', 'plugins/chat')
    up.kill('SIGTERM')
    await up.exited
  })

  t.test('with a token events reach Slack, and a button runs its action as the user who pressed it', async (t) => {
    const tokens = { SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken }
    const up = await startUp(powerbus, { ...tokens, SLACK_API_URL: slack.apiUrl, SLACK_CHANNELS: '#ops, late, ' })
    t.match(up.output.stdout, /slack +on/)
    await setParam(t, powerbus, 'slack/users', { U1: 'user:ada' })
    await setParam(t, powerbus, 'slack/allow-users', ['U1'])
    await waitUntil('Socket Mode', () => slack.socket.connections > 0, { timeoutMs: 30_000 })
    t.equal((await powerbus.run(['powercycle', 'node-01'])).code, 0)
    const find = (pattern: RegExp) => () =>
      slack.messages('ops').find(({ content }) => pattern.test(JSON.stringify(content)))
    const message = await waitUntil('the message', find(/powercycle/), { timeoutMs: 30_000 })
    t.equal(slack.messages('noise').length, 0)
    const queue = await powerbus.run(['run', 'slackqueue', '--plugin', 'slack', '--json'])
    t.equal(queue.code, 0, queue.stderr)
    t.match(queue.stdout, /late[\s\S]*\/invite/, 'the channel that the bot is not in holds up no other, and is told of')
    slack.channel('late').isMember = true
    t.equal((await powerbus.run(['poweroff', 'node-01'])).code, 0)
    await waitUntil('it is edited', find(/powercycle.*poweroff/s), { timeoutMs: 30_000 })
    await waitUntil('what waited for an invitation', () => slack.messages('late').length > 0, { timeoutMs: 60_000 })
    await slack.users.press({ user: 'U1', message, actionId: 'powerbus.poweron' })
    const isAnswer = ({ threadTs, content }: typeof message) => threadTs === message.ts && /Power on/.test(content.text)
    await waitUntil('the answer', () => slack.messages('ops').find(isAnswer), { timeoutMs: 30_000 })
    t.match((await powerbus.run(['status'])).stdout, /node-01 +on/)
    const file = join(powerbus.folder, 'each.yaml')
    writeFileSync(file, 'slack/window-seconds: 0\n')
    const told = await powerbus.run(['slack', 'preview', '--last', '50', '--json', '--config', file])
    t.match(told.stdout, /poweron.*user:ada via plugin:slack/, 'events say who pressed')
    const calls = JSON.stringify(slack.calls)
    t.match(calls, /powerbus\.poweron/, 'messages have buttons')
    const everything = [up.output.stdout, up.output.stderr, textOfFiles(join(powerbus.folder, 'state')), told.stdout]
    t.notMatch(everything.join('\n'), /xoxb-|xapp-/, 'tokens are sealed, and in no log')
    t.notMatch(readFileSync(`/proc/${up.pid}/cmdline`, 'latin1'), /xoxb-|xapp-/)
    up.kill('SIGTERM')
    t.same(await up.exited, { code: 0, signal: null })
  })
})

test("Slack's variables become params, and an app token in the wrong variable is refused", async (t) => {
  t.same(slackFromEnvironment({}), [])
  t.same(slackFromEnvironment({ SLACK_BOT_TOKEN: 'xoxb-1' }), [
    { Name: 'slack', Params: { 'slack/bot-key': 'xoxb-1' } },
  ])
  const all = { SLACK_APP_TOKEN: 'xapp-1', SLACK_API_URL: 'http://127.0.0.1:9/api/', SLACK_CHANNELS: 'a, #b,' }
  t.same(slackFromEnvironment({ SLACK_BOT_TOKEN: 'xoxb-1', ...all })[0]?.Params, {
    'slack/bot-key': 'xoxb-1',
    'slack/app-token': 'xapp-1',
    'slack/api-url': 'http://127.0.0.1:9/api/',
    'slack/channels': ['a', '#b'],
  })
  t.throws(() => slackFromEnvironment({ SLACK_BOT_TOKEN: 'xapp-1' }))
  const plugin = { Name: 'slack', Provider: 'slack', Available: false, Errors: ['invalid_auth'], Params: {}, Meta: {} }
  t.match(slackLine([plugin as never], 'powerbus'), /invalid_auth/)
})
