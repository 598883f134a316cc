import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DrpEvent } from '@powerbus/drp'
import { startFakeSlack } from '@powerbus/testkit'
import { WebClient } from '@slack/web-api'
import { test } from 'tap'
import { previewApi } from '../src/preview/preview-api.ts'
import type { Preview, PreviewedMessage } from '../src/preview/preview-messages.ts'
import { builtinTemplates } from '../src/render/builtin-templates.ts'
import { burst, hostileEvent, sampleEvents } from './preview/sample-events.ts'

/** Set, it is written anew. */
const WRITE = 'POWERBUS_WRITE_DOCS'
const file = join(import.meta.dirname, '../../../docs/slack-messages.md')

/** Everything is told, each event in a message of its own, unless the params say otherwise. */
const plain = {
  'slack/events': ['*.*.*'],
  'slack/routes': [{ match: { outcome: 'started' }, continue: true }],
  'slack/machine-url': 'https://portal.rackn.io/#/e/drp.example.net:8092/machines/{uuid}',
}

const kinds: Readonly<Record<keyof typeof builtinTemplates, string>> = {
  'action-started': 'A power or boot action began. Told only where a route asks for `outcome: started`.',
  'action-done': 'A power or boot action came to its end.',
  'action-failed': 'A power or boot action failed: with the reason, and what to try.',
  'machine-created': 'A machine was made.',
  'machine-deleted': 'A machine was removed; its page is gone, so its name is no link.',
  'job-failed': 'A job of a machine failed.',
  'plugin-error': 'A plugin cannot work.',
  generic: 'Any other event that `slack/events` or a route names.',
}

function messages(events: readonly DrpEvent[], params: object): readonly PreviewedMessage[] {
  const body = Buffer.from(JSON.stringify({ events, params: { ...plain, 'slack/window-seconds': 0, ...params } }))
  return (previewApi({ method: 'POST', body }).body as Preview).messages
}

function section(title: string, about: string, events: readonly DrpEvent[], params: object = {}): string {
  const [message, ...more] = messages(events, params)
  if (!message || more.length > 0) throw new Error(`${title} is ${more.length + 1} messages`)
  const blocks = JSON.stringify({ blocks: message.blocks }, undefined, 2)
  const shown = ['Text:', '', '```text', message.text, '```', '', 'Blocks:', '', '```json', blocks, '```']
  return [`## ${title}`, '', about, '', ...shown, ''].join('\n')
}

function document(): string {
  const builtins = Object.entries(kinds).map(([name, about]) =>
    section(name, about, [sampleEvents[name as keyof typeof sampleEvents]]),
  )
  const buttons = {
    'slack/allow-users': ['U0123456789'],
    'slack/allow-actions': ['poweron', 'powerstatus', 'acknowledge', 'powercycle'],
  }
  const others = [
    section(
      'Several events of one machine',
      'Within `slack/window-seconds`: the message is edited as they come.',
      burst,
      {
        'slack/window-seconds': 60,
      },
    ),
    section(
      'A digest',
      'With `slack/digest-seconds`: what happened in a channel, in one message.',
      [...burst, sampleEvents['machine-created'], sampleEvents['job-failed']],
      { 'slack/digest-seconds': 300 },
    ),
    section(
      'Buttons',
      'With `slack/app-token` and a user in `slack/allow-users` or `slack/allow-groups`; here `slack/allow-actions` also lists\n`powercycle`, which asks first.',
      [sampleEvents['action-failed']],
      buttons,
    ),
    section('A mention', 'A route with `mention: "@here"`.', [sampleEvents['action-failed']], {
      'slack/routes': [{ match: { failed: true }, mention: '@here' }],
    }),
    section('Names and reasons that mean something to Slack', 'They are shown as they are written, and do nothing.', [
      hostileEvent,
    ]),
  ]
  const head = [
    '# Messages of the slack plugin',
    '',
    'The messages of the built-in templates: the fallback text (notifications, screen readers) and the Block Kit JSON, which',
    "you can paste into Slack's Block Kit Builder. `powerbus slack preview` shows the messages for an endpoint's last events,",
    'with your routes and templates.',
    '',
    `\`${WRITE}=1 npm test -- services/slack/test/messages-document.test.ts\` writes this page, and the same test`,
    'compares it.',
    '',
  ]
  return `${[...head, ...builtins, ...others].join('\n').trimEnd()}\n`
}

test('docs/slack-messages.md shows each built-in message as the plugin renders it', async (t) => {
  const rendered = document()
  if (process.env[WRITE]) writeFileSync(file, rendered)
  t.equal(readFileSync(file, 'utf8'), rendered, `write it anew with ${WRITE}=1`)
  t.same(Object.keys(kinds).sort(), Object.keys(builtinTemplates).sort(), 'none is left out')
})

test('Slack takes every message that the document shows', async (t) => {
  const slack = await startFakeSlack()
  t.teardown(() => slack.stop())
  const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } })
  const bodies = [...readFileSync(file, 'utf8').matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, json = '']) =>
    JSON.parse(json),
  )
  for (const { blocks } of bodies) await client.chat.postMessage({ channel: '#general', text: 'x', blocks })
  t.equal(slack.messages().length, bodies.length)
  t.ok(bodies.length > Object.keys(kinds).length)
})
