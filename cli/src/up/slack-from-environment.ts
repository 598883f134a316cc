import type { PluginObject } from '@powerbus/drp'
import type { Environment, PluginSeed } from '@powerbus/endpoint'
import { UsageError } from '../cli-error.ts'

const PLUGIN = 'slack'

/**
 * The plugin slack with the params from SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL and SLACK_CHANNELS; none
 * without the first. The tokens are secure params and thus sealed. Throws a UsageError for a token of the wrong kind.
 */
export function slackFromEnvironment(environment: Environment): readonly PluginSeed[] {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL, SLACK_CHANNELS } = environment
  if (!SLACK_BOT_TOKEN) return []
  if (/^xapp-/.test(SLACK_BOT_TOKEN))
    throw new UsageError('SLACK_BOT_TOKEN holds an app token: put that into SLACK_APP_TOKEN')
  const channels = (SLACK_CHANNELS ?? '')
    .split(',')
    .map((channel) => channel.trim())
    .filter((channel) => channel !== '')
  const Params = {
    'slack/bot-key': SLACK_BOT_TOKEN,
    ...(SLACK_APP_TOKEN && { 'slack/app-token': SLACK_APP_TOKEN }),
    ...(SLACK_API_URL && { 'slack/api-url': SLACK_API_URL }),
    ...(channels.length > 0 && { 'slack/channels': channels }),
  }
  return [{ Name: PLUGIN, Params }]
}

/** The greeting's line about Slack: its state, and how to enable it. */
export function slackLine(plugins: readonly PluginObject[], powerbus: string): string {
  const plugin = plugins.find(({ Name, Provider }) => Name === PLUGIN || Provider === PLUGIN)
  if (plugin === undefined) {
    return `slack        off: start with SLACK_BOT_TOKEN set; '${powerbus} slack preview' shows the messages`
  }
  if (plugin.Available) return 'slack        on'
  return `slack        cannot work: ${plugin.Errors.join('; ')}`
}
