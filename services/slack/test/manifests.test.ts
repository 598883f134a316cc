import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { parse } from 'yaml'
import { allowed, startChatOps } from './chatops/running-chat-ops.ts'
import { actionEvent, slackWorld } from './slack-world.ts'

/** The parts of an app manifest that matter here: https://docs.slack.dev/reference/app-manifest */
interface Manifest {
  readonly display_information: { readonly name: string; readonly description: string }
  readonly features: { readonly bot_user: { readonly display_name: string; readonly always_online: boolean } }
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } }
  readonly settings: Readonly<Record<string, unknown>> & { readonly interactivity?: { readonly is_enabled: boolean } }
}

/** The manifest in a page of the documentation, and the app as the fake Slack has it. */
function manifestOf(page: string) {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8')
  const found = /^ *```yaml\n( *display_information:[\s\S]*?)```/m.exec(text)?.[1] ?? ''
  const manifest = parse(found) as Manifest
  const { scopes } = manifest.oauth_config
  return { manifest, app: { scopes: scopes.bot, isInteractive: manifest.settings.interactivity?.is_enabled === true } }
}

const messages = manifestOf('slack.md')
const buttons = manifestOf('slack-buttons.md')

test('both manifests keep the limits and known settings of Slack', async (t) => {
  for (const { manifest } of [messages, buttons]) {
    t.same(Object.keys(manifest), ['display_information', 'features', 'oauth_config', 'settings'])
    const { display_information: shown, features, settings } = manifest
    t.ok(shown.name.length <= 35 && shown.description.length <= 140 && features.bot_user.display_name.length <= 80)
    t.match(settings, { org_deploy_enabled: false, token_rotation_enabled: false })
    t.match(features.bot_user.display_name, /^[a-z0-9._-]+$/)
  }
  t.match(messages.manifest.settings, { socket_mode_enabled: false, interactivity: undefined })
  t.match(buttons.manifest.settings, { socket_mode_enabled: true, interactivity: { is_enabled: true } })
  // Slack wants no address where it comes by Socket Mode.
  t.same(Object.keys(buttons.manifest.settings.interactivity ?? {}), ['is_enabled'])
})

for (const [name, { app }] of Object.entries({ messages, buttons })) {
  test(`an app of the manifest for ${name} has the scopes for messages, look-ups and edits`, async (t) => {
    const world = await slackWorld(t, { ...app, channels: [{ name: 'ops' }, { name: 'inner', isPrivate: true }] })
    const { slack } = world
    slack.fault({ method: 'chat.postMessage', times: 2, fault: { cut: 'after' } })
    const service = await world.start()
    await world.publish(service, actionEvent('node-01'))
    await world.waitUntil('the look-ups', () => service.deliverer?.figures.found === 2)
    await world.publish(service, actionEvent('node-01'))
    await world.waitUntil('the edits', () => slack.messages().every(({ edits }) => edits.length === 1))
    t.notOk(slack.calls.some(({ outcome }) => outcome === 'missing_scope'))
  })
}

test('a press arrives in an app of the manifest for buttons, of users and of groups, and in none of the other', async (t) => {
  for (const { app } of [buttons, messages]) {
    const { slack, post, asked, connected } = await startChatOps(t, { app, params: allowed })
    await connected()
    for (const user of ['U1', 'U2']) {
      await slack.users.press({ user, message: await post(), actionId: 'powerbus.poweron' })
    }
    t.equal(slack.socket.sent.length, app.isInteractive ? 2 : 0)
    await waitUntil('the actions', () => asked.length === slack.socket.sent.length)
  }
})
