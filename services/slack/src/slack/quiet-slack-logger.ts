import type { Logger } from '@powerbus/plugin-sdk'
import type { LogLevel, Logger as SlackLogger } from '@slack/web-api'

/**
 * Logger for Slack's clients: warnings and errors become debug lines of `log`; traces, which have payloads, are
 * dropped.
 */
export function quietSlackLogger(log?: Pick<Logger, 'debug'>): SlackLogger {
  const say = (...parts: unknown[]) => log?.debug("Slack's client", { says: parts.map(String).join(' ') })
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
