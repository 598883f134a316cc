import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrpClient, type DrpEvent, decodeDrpError, isJsonObject, type JsonObject } from '@powerbus/drp'
import type { Command } from 'commander'
import { CliError, UsageError } from '../cli-error.ts'
import { findConnection } from '../endpoint/connection.ts'
import { askLocalPlugin } from '../endpoint/local-plugin.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { pluginsBesideProgram } from '../folders.ts'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'
import { printable } from '../table.ts'

const PLUGIN = 'slack'
const PREFIX = 'slack/'
/** Secret params, which a preview does not need. */
const KEYS = ['slack/bot-key', 'slack/app-token', 'slack/proxy']

interface SlackPreviewOptions {
  readonly last: number
  /** File with params of the plugin slack. */
  readonly config?: string
  readonly json?: true
}

const help = `
Sends nothing and needs no Slack token. Uses the params of the plugin slack. To try others, such as slack/routes and
slack/templates, before you set them, give a YAML or JSON file with --config.`

export function slackCommand(slack: Command, output: Output): void {
  slack
    .command('preview')
    .description('print the messages that would be sent for the last events')
    .option('--last <count>', 'number of last events to use', wholeNumber(1, 1000), 100)
    .option('--config <file>', 'file with params to try instead of those that are set')
    .option('--json', 'one JSON object per message and line')
    .addHelpText('after', help)
    .action((options: SlackPreviewOptions) => previewSlack(options, output))
}

/** The plugin's answer to `POST /plugin-apis/slack/preview`. */
interface Preview {
  readonly messages: readonly PreviewedMessage[]
  readonly untold: number
}

interface PreviewedMessage {
  readonly channel: string | null
  readonly events: readonly string[]
  readonly heldUntil?: string
  readonly text: string
  readonly blocks: readonly unknown[]
}

async function previewSlack(options: SlackPreviewOptions, output: Output): Promise<void> {
  const own = options.config === undefined ? undefined : await readParams(options.config)
  const connection = await findConnection()
  const [events, preview] = await withEndpoint(async (drp) => {
    const events = await drp.recentEvents(options.last)
    return [events, await previewOf(events, own, drp, connection.url)] as const
  }, connection)
  if (options.json) for (const message of preview.messages) output.json(message)
  else print(preview, events.length, output)
}

/** Asks the endpoint's plugin, or launches the one beside this program where the endpoint has none. */
async function previewOf(
  events: readonly DrpEvent[],
  own: JsonObject | undefined,
  drp: DrpClient,
  endpointUrl: string,
): Promise<Preview> {
  const plugin = await pluginName(drp)
  const body = { events, params: own ?? (plugin === undefined ? {} : await pluginParams(drp, plugin)) }
  if (plugin !== undefined) return (await drp.pluginApi(plugin, 'POST', 'preview', body)) as Preview
  const executable = join(pluginsBesideProgram(), PLUGIN)
  const answer = await askLocalPlugin({ executable, plugin: PLUGIN, path: 'preview', body, endpointUrl })
  if (answer.status === 200) return answer.body as Preview
  throw new CliError(decodeDrpError(answer.body).Messages.join('; '))
}

/** Name of the endpoint's slack plugin, preferably `slack`; undefined where it has none. */
async function pluginName(drp: DrpClient): Promise<string | undefined> {
  const names = (await drp.plugins.list()).filter(({ Provider }) => Provider === PLUGIN).map(({ Name }) => Name)
  return names.includes(PLUGIN) ? PLUGIN : names[0]
}

/** The plugin's effective params. */
async function pluginParams(drp: DrpClient, plugin: string): Promise<JsonObject> {
  const { Params } = await drp.plugins.get(plugin, { aggregate: true })
  return slackParams(isJsonObject(Params) ? Params : {})
}

async function readParams(file: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError(`${file} cannot be read`, { cause })
  })
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    throw new UsageError(`${file} is neither YAML nor JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
  if (!isJsonObject(value)) throw new UsageError(`${file} must hold params by name, such as slack/channels: [ops]`)
  return slackParams(value)
}

function slackParams(params: JsonObject): JsonObject {
  const wanted = Object.entries(params).filter(([name]) => name.startsWith(PREFIX) && !KEYS.includes(name))
  return Object.fromEntries(wanted)
}

function print({ messages, untold }: Preview, looked: number, output: Output): void {
  for (const { channel, events, heldUntil, text, blocks } of messages) {
    const where = channel ?? 'every channel that the bot is in'
    output.lines([
      `to       ${printable(where)}${heldUntil === undefined ? '' : `, held until ${heldUntil}`}`,
      `about    ${printable(events.join(', '))}`,
      ...text.split('\n').map((line, index) => `${index === 0 ? 'text    ' : '        '} ${printable(line)}`),
      'blocks',
      ...JSON.stringify(blocks, undefined, 2)
        .split('\n')
        .map((line) => `  ${line}`),
      '',
    ])
  }
  const count = messages.length === 1 ? '1 message' : `${messages.length} messages`
  output.line(`${count} for the last ${looked} events; ${untold} of them would cause no message. Nothing was sent.`)
}
