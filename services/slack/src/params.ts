import { defineParam, type ParamSchema, type ParamValues, required } from '@powerbus/plugin-sdk'
import { severities } from './severity.ts'

const text = { type: 'string', minLength: 1, maxLength: 500 } as const satisfies ParamSchema

const channel = { type: 'string', minLength: 1, maxLength: 1000 } as const satisfies ParamSchema

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

/** HH:MM. */
const clock = { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' } as const satisfies ParamSchema

const quietHours = {
  type: 'object',
  properties: {
    from: clock,
    to: clock,
    timezone: text,
    drop: { type: 'boolean' },
  },
  additionalProperties: false,
} as const satisfies ParamSchema

/** Params of the plugin object. */
export const pluginParams = [
  required(
    defineParam({
      name: 'slack/bot-key',
      description: "The Slack app's bot token",
      documentation: 'Begins with xoxb-. docs/slack.md lists the scopes that it needs.',
      schema: { type: 'string' },
      secure: true,
    }),
  ),
  defineParam({
    name: 'slack/channels',
    description: 'Channels for the messages that no route sends elsewhere',
    documentation:
      'Names (ops or #ops) or ids (C0123456789) of conversations that the bot is a member of; ids of users (U0123456789) for a direct message (scope im:write); ids of other public channels (scope chat:write.public). Not set: all that the bot is a member of.',
    schema: { type: 'array', items: channel },
  }),
  defineParam({
    name: 'slack/events',
    description: 'Events that become messages, as TYPE.ACTION.KEY',
    documentation: [
      'Each part is * or a comma-separated list. Not set: the end of power and boot actions, done or failed; creation and',
      'deletion of machines; failures of jobs; errors of plugins. Events that a route names in match.event become messages',
      'too. The start of an action needs a route with outcome: started; log lines never become messages.',
    ].join(' '),
    schema: { type: 'array', items: { type: 'string', maxLength: 4096 } },
  }),
  defineParam({
    name: 'slack/routes',
    description: 'Rules for events: channel, template, mention, quiet hours',
    documentation: [
      'The first route that matches an event decides; with continue, the routes below it apply too. Fields, all optional:',
      '- match: event (patterns as in slack/events, separated by blanks), name, plugin and principal (with * and ?),',
      '  params (name to value, with * and ?), profiles (any of them), power, failed, error (codes, separated by commas),',
      '  outcome. All given fields must match; an empty match matches every event.',
      '- channel, or channels: the channels to post to, as in slack/channels, or Liquid with params and profiles of the',
      '  machine: {{ params["team/slack-channel"] }}. Default, also where a template gives nothing: slack/channels.',
      '- template: the name of a template in slack/templates or of a built-in one.',
      '- mention: @here, @channel, @everyone, ids of users (U...) and of user groups (S...), separated by blanks.',
      '- severity: info, good, warning, error or critical; replaces the severity of the event.',
      '- quiet-hours: from and to (HH:MM), timezone (default UTC), drop. In these hours messages are held, or dropped with',
      '  drop: true; critical ones are sent.',
      '- mute: nothing is sent. mute-until: nothing is sent before that time (RFC 3339).',
    ].join('\n'),
    schema: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          match,
          channel,
          channels: { type: 'array', items: channel },
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
  }),
  defineParam({
    name: 'slack/templates',
    description: 'Your own message templates, by name',
    documentation: [
      'Liquid, as text or as {line, body}. The line shows the event in a message about several, and is its plain text;',
      'the body shows it in a message of its own. A text is both. A template with the name of a built-in one replaces it.',
      'docs/slack.md lists the variables, the filters and the built-in templates.',
    ].join(' '),
    schema: { type: 'object' },
  }),
  defineParam({
    name: 'slack/thread-by',
    description: 'machine: later messages about a machine go into the thread of its first one',
    documentation:
      'Answers with a failure are shown in the channel too, and the first message is edited when all is well again.',
    schema: { type: 'string', enum: ['machine', 'none'], default: 'none' },
  }),
  defineParam({
    name: 'slack/window-seconds',
    description: 'Seconds in which the events of one machine share one message; 0: one message for each event',
    documentation: 'The first event is posted at once; later ones are edited into the message.',
    schema: { type: 'integer', minimum: 0, maximum: 3600, default: 60 },
  }),
  defineParam({
    name: 'slack/digest-seconds',
    description: 'Seconds in which the events of a channel are collected into one digest; 0: no digests',
    documentation: 'Critical events and events with a mention are sent at once.',
    schema: { type: 'integer', minimum: 0, maximum: 86_400, default: 0 },
  }),
  defineParam({
    name: 'slack/pace-ms',
    description: 'Milliseconds between two messages to one channel',
    documentation:
      'Slack takes about one per second and channel, and several hundred a minute in all; the limit for all channels together scales with this param. After each 429 the plugin slows down by itself.',
    schema: { type: 'integer', minimum: 0, maximum: 60_000, default: 1000 },
  }),
  defineParam({
    name: 'slack/timeout-seconds',
    description: 'Seconds to wait for an answer of Slack',
    schema: { type: 'integer', minimum: 1, maximum: 60, default: 10 },
  }),
  defineParam({
    name: 'slack/machine-url',
    description: "Address of a machine's page, with {uuid} and {name} in it",
    documentation: 'Not set: messages have no links.',
    schema: { type: 'string', pattern: '^https?://' },
  }),
  defineParam({
    name: 'slack/api-url',
    description: "Address of Slack's Web API, for a test server",
    schema: { type: 'string', pattern: '^https?://', default: 'https://slack.com/api/' },
  }),
  defineParam({
    name: 'slack/proxy',
    description: 'HTTP proxy on the way to Slack, as http://USER:PASSWORD@HOST:PORT',
    documentation:
      'For the Web API and the buttons. Not set: HTTPS_PROXY and NO_PROXY of the environment, which this param replaces.',
    schema: { type: 'string', maxLength: 2000 },
    secure: true,
  }),
  defineParam({
    name: 'slack/app-token',
    description: "The Slack app's app-level token, for buttons",
    documentation: 'Begins with xapp- and has the scope connections:write. Without it messages have no buttons.',
    schema: { type: 'string' },
    secure: true,
  }),
  defineParam({
    name: 'slack/users',
    description: 'Principal of each Slack user: user id to principal',
    documentation: [
      'As U0123456789: user:ada. Events and audit lines name the principal; a user without an entry acts as slack:ID. An',
      'entry does not allow the user to press buttons.',
    ].join(' '),
    schema: { type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 100 } },
  }),
  defineParam({
    name: 'slack/allow-users',
    description: 'Ids of the Slack users who may press buttons',
    documentation: 'If neither this nor slack/allow-groups is set, messages have no buttons.',
    schema: { type: 'array', items: { type: 'string', pattern: '^[UW][A-Z0-9]{1,30}$' } },
  }),
  defineParam({
    name: 'slack/allow-groups',
    description: 'Ids of the Slack user groups whose members may press buttons',
    documentation: 'Needs the scope usergroups:read. The plugin reads the members again every minute.',
    schema: { type: 'array', items: { type: 'string', pattern: '^S[A-Z0-9]{1,30}$' } },
  }),
  defineParam({
    name: 'slack/allow-actions',
    description: 'Commands that buttons may run: names of machine actions, and acknowledge',
    documentation: [
      'Default: poweron, powerstatus and acknowledge. Commands that may take a machine down (poweroff, powercycle ...)',
      'have a button only if they are listed here, and ask for confirmation.',
    ].join(' '),
    schema: { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9]{0,60}$' } },
  }),
] as const

export type SlackParams = ParamValues<typeof pluginParams>

/** A route as the schema of slack/routes lets it through. */
export type RawRoute = NonNullable<SlackParams['slack/routes']>[number]
