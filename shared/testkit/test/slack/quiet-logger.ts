import { type Logger, LogLevel } from '@slack/web-api'

const say = () => undefined

/** Slack's clients tell of every fault that a test asks for. */
export const quietLogger: Logger = {
  debug: say,
  info: say,
  warn: say,
  error: say,
  setLevel: say,
  setName: say,
  getLevel: () => LogLevel.ERROR,
}
