import { conversationMethods } from './conversation-methods.ts'
import { messageMethods } from './message-methods.ts'
import { peopleMethods } from './people-methods.ts'
import type { SlackMethod } from './slack-method.ts'

/** The supported methods of the Web API; others get `unknown_method`. */
export const slackMethods: ReadonlyMap<string, SlackMethod> = new Map(
  Object.entries({ ...conversationMethods, ...messageMethods, ...peopleMethods }),
)
