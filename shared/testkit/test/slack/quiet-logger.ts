import { type Logger, LogLevel } from '@slack/web-api'

const say = () => undefined

/** Silences Slack's clients, which log every injected fault. */
export const quietLogger: Logger = {
  debug: say,
  info: say,
  warn: say,
  error: say,
  setLevel: say,
  setName: say,
  getLevel: () => LogLevel.ERROR,
}
