import { defineParam, type ParamSchema, required } from '@powerbus/plugin-sdk'
import { severities } from './severity.ts'

export const botKey = defineParam({
  name: 'slack/bot-key',
  description: "The Slack app's bot token",
  documentation: 'Begins with xoxb-. docs/slack.md lists the scopes that it needs.',
  schema: { type: 'string' },
  secure: true,
})

export const appToken = defineParam({
  name: 'slack/app-token',
  description: "The Slack app's app-level token, for buttons",
  documentation: 'Begins with xapp-, and has the scope connections:write. Without it messages have no buttons.',
  schema: { type: 'string' },
  secure: true,
})

export const channels = defineParam({
  name: 'slack/channels',
  description: 'Where messages go that no route sends elsewhere',
  documentation:
    'Names (ops or #ops) or ids (C0123456789) of conversations that the bot is a member of. Where it is not set: all of them.',
  schema: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 200 } },
})

export const events = defineParam({
  name: 'slack/events',
  description: 'Which events are told, as TYPE.ACTION.KEY',
  documentation: [
    'Each part is * or a comma-separated list. Where it is not set: the end of power and boot actions, done or failed; machines',
    'that are created and deleted; jobs that fail; errors of plugins. What a route names in match.event is told as well.',
    'The start of an action is told only by a route with outcome: started, and lines of the log never.',
  ].join(' '),
  schema: { type: 'array', items: { type: 'string', maxLength: 4096 } },
})

const text = { type: 'string', minLength: 1, maxLength: 500 } as const satisfies ParamSchema

const match = {
  type: 'object',
  properties: {
    event: { type: 'string', minLength: 5, maxLength: 4096 },
    name: text,
    params: { type: 'object' },
    profiles: { type: 'array', items: text },
    plugin: text,
    principal: text,
    power: { type: 'string', enum: ['on', 'off'] },
    failed: { type: 'boolean' },
    error: text,
    outcome: { type: 'string', enum: ['started', 'done', 'failed', 'none'] },
  },
  additionalProperties: false,
} as const satisfies ParamSchema

const quietHours = {
  type: 'object',
  properties: {
    from: { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' },
    to: { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' },
    timezone: text,
    drop: { type: 'boolean' },
  },
  additionalProperties: false,
} as const satisfies ParamSchema

export const routes = defineParam({
  name: 'slack/routes',
  description: 'Which events go where, and how',
  documentation: [
    'The first route that matches an event decides, and the next ones are asked as well where it says continue. Fields, all optional:',
    '- match: event (patterns as in slack/events, separated by blanks), name, plugin and principal (with * and ?), params (name to value, with * and ?), profiles (any of them), power, failed, error (codes, separated by commas), outcome. All that are given must fit; an empty match fits everything.',
    '- channel, or channels: where to; slack/channels where absent.',
    '- template: a name in slack/templates or of one that is built in.',
    '- mention: who is called: @here, @channel, @everyone, ids of users (U...) and of user groups (S...), separated by blanks.',
    '- severity: info, good, warning, error or critical, in place of what the event itself says.',
    '- quiet-hours: from and to (HH:MM), timezone (UTC where absent), drop. Meanwhile messages are held, or with drop left out; critical ones are sent.',
    '- mute: nothing is sent. mute-until: the same up to that time (RFC 3339).',
  ].join('\n'),
  schema: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        match,
        channel: { type: 'string', minLength: 1, maxLength: 200 },
        channels: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 200 } },
        template: text,
        mention: text,
        severity: { type: 'string', enum: severities },
        'quiet-hours': quietHours,
        mute: { type: 'boolean' },
        'mute-until': text,
        continue: { type: 'boolean' },
      },
      additionalProperties: false,
    },
  },
})

export const templates = defineParam({
  name: 'slack/templates',
  description: 'Messages of your own, by name',
  documentation: [
    'Liquid, as text or as {line, body}. The line stands for the event where several are told in one message, and is the plain text of it;',
    'the body is what a message about this one event shows. A text is both. One with the name of a built-in one takes its place.',
    'docs/slack.md lists variables, filters and the names of those that are built in.',
  ].join(' '),
  schema: { type: 'object' },
})

export const threadBy = defineParam({
  name: 'slack/thread-by',
  description: 'machine: what follows about a machine goes into the thread of its first message',
  schema: { type: 'string', enum: ['machine', 'none'], default: 'none' },
})

/** Seconds. */
export const windowSeconds = defineParam({
  name: 'slack/window-seconds',
  description: 'Seconds in which the events of one machine are one message; 0: each is a message of its own',
  documentation: 'The first one is posted at once, and the message is edited as more come.',
  schema: { type: 'integer', minimum: 0, maximum: 3600, default: 60 },
})

/** Seconds. */
export const digestSeconds = defineParam({
  name: 'slack/digest-seconds',
  description: 'Seconds for which the events of a channel are collected into one message; 0: no digests',
  documentation: 'Critical events and those with a mention are sent at once.',
  schema: { type: 'integer', minimum: 0, maximum: 86_400, default: 0 },
})

/** Milliseconds. */
export const paceMs = defineParam({
  name: 'slack/pace-ms',
  description: 'Milliseconds between two messages to one channel',
  documentation:
    'Slack takes about one per second and channel, and several hundred a minute in all: the pace of all channels together goes with this one. When Slack says that it is too much, the pace goes down by itself.',
  schema: { type: 'integer', minimum: 0, maximum: 60_000, default: 1000 },
})

/** Seconds. */
export const timeoutSeconds = defineParam({
  name: 'slack/timeout-seconds',
  description: 'Seconds for an answer of Slack',
  schema: { type: 'integer', minimum: 1, maximum: 60, default: 10 },
})

export const machineUrl = defineParam({
  name: 'slack/machine-url',
  description: "Address of a machine's page, with {uuid} and {name} in it",
  documentation: 'Where it is not set, messages have no links: no page is known that would answer.',
  schema: { type: 'string', pattern: '^https?://' },
})

export const apiUrl = defineParam({
  name: 'slack/api-url',
  description: "Address of Slack's Web API, for a proxy or a test server",
  schema: { type: 'string', pattern: '^https?://', default: 'https://slack.com/api/' },
})

/** Params of the plugin object. */
export const pluginParams = [
  required(botKey),
  channels,
  events,
  routes,
  templates,
  threadBy,
  windowSeconds,
  digestSeconds,
  paceMs,
  timeoutSeconds,
  machineUrl,
  apiUrl,
  appToken,
] as const
