import type { Logger } from '@powerbus/plugin-sdk'
import type { LogLevel, Logger as SlackLogger } from '@slack/web-api'

/** What Slack's clients say goes to our log as debug lines; what they trace (whole payloads) goes nowhere. */
export function quietSlackLogger(log: Logger): SlackLogger {
  const say = (...parts: unknown[]) => log.debug("Slack's client", { says: parts.map(String).join(' ') })
  const nothing = () => undefined
  return {
    debug: nothing,
    info: nothing,
    warn: say,
    error: say,
    setLevel: nothing,
    setName: nothing,
    getLevel: () => 'warn' as LogLevel,
  }
}
